import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { sampleOpen } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const ADA = {
	recipientId: 'ada',
	pseudonymsOf: () => ['p_nobody'],
	denylistKeysOf: keysOf,
};

onEachEngine('view times on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	const measuring = (changes: Partial<OpenEvent> = {}) =>
		sampleOpen({ recipientId: 'ada', pixelId: 'p', viewTimeMeasurable: true, ...changes });
	const stored = async () => (await store.listOpens({ limit: 10 })).opens;

	test('an open that is being measured takes its view time, once', async () => {
		const open = measuring();
		await store.recordOpens([open]);
		expect(await stored()).toEqual([open]);
		const time = { eventId: open.eventId, viewTimeMs: 1500 };
		expect(await store.recordViewTimes([time])).toBe(1);
		expect(await store.recordViewTimes([time, { ...time, viewTimeMs: 9000 }])).toBe(0);
		expect(await stored()).toEqual([{ ...open, viewTimeMs: 1500 }]);
		// The event again, as after a crash, takes nothing back.
		await store.recordOpens([open]);
		expect(await stored()).toEqual([{ ...open, viewTimeMs: 1500 }]);
	});

	test('an open that nobody measures takes none, and an unknown one does no harm', async () => {
		const opens = [
			measuring({ viewTimeMeasurable: null }),
			measuring({ viewTimeMeasurable: false }),
		];
		await store.recordOpens(opens);
		const ids = [...opens.map(({ eventId }) => eventId), 'unknown'];
		const times = ids.map((eventId) => ({ eventId, viewTimeMs: 10 }));
		expect(await store.recordViewTimes(times)).toBe(0);
		expect((await stored()).map(({ viewTimeMs }) => viewTimeMs)).toEqual([null, null]);
	});

	test('no counter moves with it: view time between loads is something else', async () => {
		const open = measuring();
		await store.recordOpens([open]);
		const { totals } = await store.getDashboard();
		await store.recordViewTimes([{ eventId: open.eventId, viewTimeMs: 20_000 }]);
		expect((await store.getDashboard()).totals).toEqual(totals);
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject({
			viewTimeMs: 0,
		});
	});

	test.each([-1, 1.5, NaN, Infinity])('%d milliseconds are refused', async (viewTimeMs) => {
		await expect(store.recordViewTimes([{ eventId: 'e', viewTimeMs }])).rejects.toMatchObject({
			code: 'invalid',
		});
	});

	test('a person gets it in their export, and an erasure takes it away for good', async () => {
		const open = measuring();
		const late = measuring();
		await store.recordOpens([open, late]);
		await store.recordViewTimes([{ eventId: open.eventId, viewTimeMs: 1500 }]);
		const { opens } = await store.exportSubject(ADA);
		expect(opens.map(({ viewTimeMs }) => viewTimeMs).sort()).toEqual([1500, null].sort());

		await store.eraseSubject(ADA, new Date('2026-11-21T12:00:00Z'));
		expect(await store.recordViewTimes([{ eventId: late.eventId, viewTimeMs: 9 }])).toBe(0);
		expect(await stored()).toEqual([]);
	});

	test('a load of a deleted recipient is nobody’s, and so is its view time', async () => {
		await store.createPixel({ id: 'p', name: 'p' });
		const { recipients } = await store.addRecipients('p', [{ recipientId: 'ada' }], keysOf);
		await store.deleteRecipient(recipients[0]!.id, keysOf);
		const open = measuring();
		await store.recordUnlessErased([{ event: open, denylistKeys: keysOf('ada') }]);
		expect(await store.recordViewTimes([{ eventId: open.eventId, viewTimeMs: 9 }])).toBe(0);
		expect(await stored()).toMatchObject([{ recipientId: null, viewTimeMeasurable: null }]);
	});

	test('opens of a store from before keep all they have', async () => {
		const open = sampleOpen({ recipientId: 'ada', pixelId: 'p' });
		await store.recordOpens([open]);
		const database = await place.openDatabase();
		await database.write(async (db) => {
			const [row] = await db.selectFrom('opens').selectAll().execute();
			const columns = Object.keys(row);
			for (const name of columns.slice(columns.indexOf('view_time_ms'))) {
				await db.schema.alterTable('opens').dropColumn(name).execute();
			}
			// A store from before has nothing of what came later either.
			await db.schema.dropTable('privacy_requests').execute();
			await db.schema.dropIndex('recipients_by_address').execute();
			await db.schema.alterTable('recipients').dropColumn('address').execute();
			await db
				.withTables<{ schema_migrations: { name: string } }>()
				.deleteFrom('schema_migrations')
				.where('name', '>=', '0004-view-time')
				.execute();
		});
		store = await place.openStore();
		expect(await stored()).toEqual([open]);
		const next = measuring();
		await store.recordOpens([next]);
		expect(await store.recordViewTimes([{ eventId: next.eventId, viewTimeMs: 5 }])).toBe(1);
	});
});
