import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { consentRecord } from '../../../support/consent-records';
import { forgetMigrations, undoImageHeld, undoLater } from '../../../support/older-store';
import { sampleOpen } from '../../../support/sample-opens';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const ADA = {
	recipientId: 'ada',
	pseudonymsOf: () => ['p_nobody'],
	denylistKeysOf: keysOf,
};

onEachEngine('held times on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	const measuring = (changes: Partial<OpenEvent> = {}) =>
		sampleOpen({ recipientId: 'ada', pixelId: 'p', imageHeldMeasurable: true, ...changes });
	const stored = async () => (await store.listOpens({ limit: 10 })).opens;

	test('an open that is being measured takes its held time, once', async () => {
		const open = measuring();
		await store.recordOpens([open]);
		expect(await stored()).toEqual([{ ...open, firstOpen: true }]);
		const time = { eventId: open.eventId, imageHeldMs: 1500 };
		expect(await store.recordImageHeld([time])).toBe(1);
		expect(await store.recordImageHeld([time, { ...time, imageHeldMs: 9000 }])).toBe(0);
		expect(await stored()).toEqual([{ ...open, firstOpen: true, imageHeldMs: 1500 }]);
		// The event again, as after a crash, takes nothing back.
		await store.recordOpens([open]);
		expect(await stored()).toEqual([{ ...open, firstOpen: true, imageHeldMs: 1500 }]);
	});

	test('an open that nobody measures takes none, and an unknown one does no harm', async () => {
		const opens = [
			measuring({ imageHeldMeasurable: null }),
			measuring({ imageHeldMeasurable: false }),
		];
		await store.recordOpens(opens);
		const ids = [...opens.map(({ eventId }) => eventId), 'unknown'];
		const times = ids.map((eventId) => ({ eventId, imageHeldMs: 10 }));
		expect(await store.recordImageHeld(times)).toBe(0);
		expect((await stored()).map(({ imageHeldMs }) => imageHeldMs)).toEqual([null, null]);
	});

	test('no counter moves with it: view time between loads is something else', async () => {
		const open = measuring();
		await store.recordOpens([open]);
		const { totals } = await store.getDashboard();
		await store.recordImageHeld([{ eventId: open.eventId, imageHeldMs: 20_000 }]);
		expect((await store.getDashboard()).totals).toEqual(totals);
		expect(await store.getStatus({ pixelId: 'p', recipientId: 'ada' })).toMatchObject({
			viewTimeMs: 0,
		});
	});

	test.each([-1, 1.5, NaN, Infinity])('%d milliseconds are refused', async (imageHeldMs) => {
		await expect(store.recordImageHeld([{ eventId: 'e', imageHeldMs }])).rejects.toMatchObject({
			code: 'invalid',
		});
	});

	test('a person gets it in their export, and an erasure takes it away for good', async () => {
		const open = measuring();
		const late = measuring();
		await store.recordOpens([open, late]);
		await store.recordImageHeld([{ eventId: open.eventId, imageHeldMs: 1500 }]);
		const { opens } = await store.exportSubject(ADA);
		expect(opens.map(({ imageHeldMs }) => imageHeldMs).sort()).toEqual([1500, null].sort());

		await store.eraseSubject(ADA, new Date('2026-11-21T12:00:00Z'));
		expect(await store.recordImageHeld([{ eventId: late.eventId, imageHeldMs: 9 }])).toBe(0);
		expect(await stored()).toEqual([]);
	});

	test('a load of a deleted recipient is nobody’s, and so is its held time', async () => {
		await store.createPixel({ id: 'p', name: 'p' });
		const { recipients } = await store.addRecipients('p', [{ recipientId: 'ada' }], keysOf);
		await store.deleteRecipient(recipients[0]!.id, keysOf);
		const open = measuring();
		await store.recordUnlessErased([{ event: open, denylistKeys: keysOf('ada') }]);
		expect(await store.recordImageHeld([{ eventId: open.eventId, imageHeldMs: 9 }])).toBe(0);
		expect(await stored()).toMatchObject([{ recipientId: null, imageHeldMeasurable: null }]);
	});

	test('opens of a store from before keep all they have', async () => {
		const open = sampleOpen({ recipientId: 'ada', pixelId: 'p' });
		await store.recordOpens([open]);
		const database = await place.openDatabase();
		await database.write(async (db) => {
			const [row] = await db.selectFrom('opens').selectAll().execute();
			const columns = Object.keys(row);
			for (const name of columns.filter((column) => column.startsWith('image_held_'))) {
				await db.schema.alterTable('opens').dropColumn(name).execute();
			}
			// A store from before has nothing of what came later either.
			await db.schema.dropTable('privacy_requests').execute();
			await undoLater(db);
			await forgetMigrations(db, '0004-view-time');
		});
		store = await place.openStore();
		expect(await stored()).toEqual([open]);
		const next = measuring();
		await store.recordOpens([next]);
		expect(await store.recordImageHeld([{ eventId: next.eventId, imageHeldMs: 5 }])).toBe(1);
	});

	test('a store from before keeps what was measured, and the consents to it, under the new names', async () => {
		const open = measuring({ purpose: 'image-held' });
		await store.recordOpens([open]);
		await store.recordImageHeld([{ eventId: open.eventId, imageHeldMs: 1500 }]);
		await store.recordConsent([consentRecord({ purpose: 'image-held' })], new Date(), keysOf);
		const database = await place.openDatabase();
		await database.write(undoImageHeld);
		store = await place.openStore();
		expect(await stored()).toEqual([{ ...open, imageHeldMs: 1500 }]);
		expect(await store.getConsent('ada', 'image-held', new Date())).toMatchObject({
			status: 'given',
			record: { purpose: 'image-held' },
		});
	});
});
