import fc from 'fast-check';

import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { ACTORS } from '../../../../src/tracking/event/event-fields';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { sampleOpen, START } from '../../../support/sample-opens';
import { keysOf } from '../../../support/denylist-keys';
import { undoLastOpens } from '../../../support/older-store';
import { onEachEngine } from '../../../support/stores';
import type { StorePlace } from '../../../support/stores';

const DAY = 86_400_000;

onEachEngine('first opens on $name', (engine) => {
	let place: StorePlace;
	let store: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		store = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	/** Records opens at once, and says what the store knows of each. */
	const record = async (opens: OpenEvent[], into = store) => {
		const checked = opens.map((event) => ({ event, denylistKeys: [] }));
		const { knowledge } = await into.recordUnlessErased(checked);
		return opens.map(({ eventId }) => knowledge.get(eventId)?.firstOpen);
	};
	const quietDays = async (open: OpenEvent) => {
		const { knowledge } = await store.recordUnlessErased([{ event: open, denylistKeys: [] }]);
		return knowledge.get(open.eventId)?.quietDays;
	};
	const by = (changes: Parameters<typeof sampleOpen>[0] = {}) =>
		sampleOpen({ recipientId: 'ada', pixelId: 'p', ...changes });

	test('one of 20 loads that come at once is the first, in whatever process', async () => {
		const other = await place.openStore();
		const loads = Array.from({ length: 20 }, (_, index) => by({ at: START + index }));
		const found = await Promise.all(
			loads.map(async (load, index) => await record([load], index % 2 === 0 ? store : other)),
		);
		expect(found.flat().filter((first) => first === true)).toHaveLength(1);
		expect(found.flat().filter((first) => first === false)).toHaveLength(19);
		const stored = (await store.listOpens({ limit: 100 })).opens;
		expect(stored.filter(({ firstOpen }) => firstOpen)).toHaveLength(1);
	});

	test('one of 20 loads in one transaction is', async () => {
		expect(await record(Array.from({ length: 20 }, () => by()))).toEqual([
			true,
			...Array.from({ length: 19 }, () => false),
		]);
	});

	test('it stays the first after a restart, also where it is recorded again', async () => {
		const open = by();
		expect(await record([open])).toEqual([true]);
		await store.close();
		store = await place.openStore();
		expect(await record([by()])).toEqual([false]);
		expect(await record([open])).toEqual([true]);
		// What the event itself says does not count.
		expect(await record([by({ firstOpen: true })])).toEqual([false]);
	});

	test('each recipient, pixel and message has one', async () => {
		expect(await record([by(), by({ recipientId: 'bob' }), by({ pixelId: 'q' })])).toEqual([
			true,
			true,
			true,
		]);
		const message = (messageId: string) => by({ recipientId: 'eve', messageId });
		expect(await record([message('1'), message('2'), message('1')])).toEqual([true, true, false]);
		expect(await record([message('3'), message('2')])).toEqual([true, false]);
		expect(await record([message('3'), by({ recipientId: 'eve' })])).toEqual([false, false]);
	});

	test('none is the first of a message again once its opens have left the log', async () => {
		const message = (messageId: string, at: number) => by({ messageId, at });
		await record([message('1', START), message('2', START + DAY)]);
		const plan = retentionPlan(
			{ ...DEFAULT_RETENTION, open: { days: 1 } },
			new Date(START + 1.5 * DAY),
		).filter(({ dataClass }) => dataClass === 'open');
		await store.applyRetention(plan, { dryRun: false });
		expect(await record([message('1', START + 2 * DAY)])).toEqual([false]);
	});

	test('a machine has none, and takes none from the person after it', async () => {
		expect(await record([by({ actor: 'prefetch' }), by()])).toEqual([false, true]);
		const scanned = by({ recipientId: 'bob' });
		expect(await record([scanned])).toEqual([true]);
		await store.relabelOpens([
			{ eventId: scanned.eventId, actor: 'scanner', actorReason: 'burst', rulesVersion: '1' },
		]);
		expect(await record([by({ recipientId: 'bob' }), by({ recipientId: 'bob' })])).toEqual([
			true,
			false,
		]);
	});

	test('a pixel without recipients has one, and of others nobody can know', async () => {
		const nameless = () => by({ recipientId: null });
		expect(await record([nameless(), nameless()])).toEqual([true, false]);
		const shared = await store.createPixel({ name: 'of many' });
		await store.addRecipients(shared.id, [{ recipientId: 'ada' }], keysOf);
		const unknown = [
			by({ recipientId: null, pixelId: shared.id }),
			by({ recipientId: null, pixelId: null }),
			by({ recipientId: null, trackingMode: 'aggregate' }),
			by({ trackingMode: 'hygiene' }),
			by({ event: 'click' }),
		];
		expect(await record(unknown)).toEqual(unknown.map(() => null));
	});

	test('a person is quiet across pixels and campaigns, and a pseudonym for nobody to know', async () => {
		expect(await quietDays(by())).toBeNull();
		expect(await quietDays(by({ pixelId: 'q', at: START + 3.5 * DAY }))).toBe(3);
		// One that comes in late makes nobody quiet, nor does a machine end it.
		expect(await quietDays(by({ at: START + DAY }))).toBe(0);
		await quietDays(by({ at: START + 10 * DAY, actor: 'scanner' }));
		expect(await quietDays(by({ at: START + 33.5 * DAY }))).toBe(30);
		// Of two messages that were opened on one day, the later open counts.
		const day = Math.ceil(START / DAY) * DAY + 40 * DAY;
		await quietDays(by({ pixelId: 'q', at: day + 0.9 * DAY }));
		await quietDays(by({ pixelId: 'r', at: day + 0.1 * DAY }));
		expect(await quietDays(by({ at: day + 2.5 * DAY }))).toBe(1);
		const pseudonym = by({ trackingMode: 'pseudonymous', at: START + 99 * DAY });
		expect(await quietDays(pseudonym)).toBeNull();
	});

	test("a person is as quiet as if an open had not been that is a machine's or that was deleted", async () => {
		await store.recordOpens([by({ pixelId: 'q', campaignId: 'spring' })]);
		const machine = by({ at: START + 3 * DAY });
		await store.recordOpens([machine]);
		await store.relabelOpens([
			{ eventId: machine.eventId, actor: 'scanner', actorReason: 'late', rulesVersion: '2' },
		]);
		expect(await quietDays(by({ at: START + 5 * DAY }))).toBe(5);

		const pixel = await store.createPixel({ name: 'Newsletter' });
		await store.recordOpens([by({ pixelId: pixel.id, at: START + 20 * DAY })]);
		await store.deletePixel(pixel.id);
		expect(await quietDays(by({ at: START + 25 * DAY }))).toBe(20);

		const other = await store.createPixel({ name: 'Of named readers' });
		const { recipients } = await store.addRecipients(other.id, [{ recipientId: 'ada' }], keysOf);
		await store.recordOpens([by({ pixelId: other.id, at: START + 40 * DAY })]);
		await store.deleteRecipient(recipients[0]?.id ?? '', keysOf);
		expect(await quietDays(by({ at: START + 45 * DAY }))).toBe(20);
	});

	/** When recipients last opened, as it is kept and as their counters say. */
	const lastOpens = async () => {
		const database = await place.openDatabase();
		const kept = await database.read((db) => db.selectFrom('last_opens').selectAll().execute());
		const counters = await database.read((db) =>
			db.selectFrom('recipient_tallies').select(['recipient_id', 'last_open_at']).execute(),
		);
		const counted = new Map<string, number>();
		for (const { recipient_id, last_open_at } of counters) {
			if (recipient_id === '' || last_open_at === null) continue;
			counted.set(recipient_id, Math.max(last_open_at, counted.get(recipient_id) ?? 0));
		}
		const sorted = (entries: Iterable<[string, number]>) => [...entries].sort();
		return {
			kept: sorted(kept.map(({ recipient_id, at }) => [recipient_id, at])),
			counted: sorted(counted),
		};
	};

	test('the last open of each recipient is that of their counters, whatever is done', async () => {
		const ids = ['ada', 'bob', null];
		const random = fc.sample(fc.nat(), { numRuns: 2000, seed: 20261201 });
		const next = <T>(some: readonly T[]): T => some[(random.pop() ?? 0) % some.length];
		const opens: OpenEvent[] = [];
		for (const id of ['p', 'q', 'r']) await store.createPixel({ id, name: id });
		for (let step = 0; step < 40; step += 1) {
			const batch = Array.from({ length: 1 + ((random.pop() ?? 0) % 4) }, () =>
				by({
					recipientId: next(ids),
					pixelId: next(['p', 'q', 'r', null]),
					at: START + next([0, 1, 2, 3, 40, 41]) * DAY + next([0, 1, 2]),
					actor: next(ACTORS),
					trackingMode: next(['identified', 'identified', 'pseudonymous', 'hygiene']),
				}),
			);
			opens.push(...batch);
			await store.recordOpens(batch);
			const { eventId } = next(opens);
			const label = { actor: next(ACTORS), actorReason: 'other', rulesVersion: `${step}` };
			await store.relabelOpens([{ eventId, ...label }]);
			if (step % 10 === 9) expect((await lastOpens()).kept).toEqual((await lastOpens()).counted);
		}
		expect((await lastOpens()).kept.length).toBeGreaterThan(1);

		const { recipients } = await store.addRecipients('p', [{ recipientId: 'bob' }], keysOf);
		await store.deleteRecipient(recipients[0]?.id ?? '', keysOf);
		await store.deletePixel('q');
		const after = await lastOpens();
		expect(after.kept).toEqual(after.counted);

		const plan = retentionPlan(DEFAULT_RETENTION, new Date(START + 9999 * DAY));
		await store.applyRetention(plan, { dryRun: false });
		expect(await lastOpens()).toEqual({ kept: [], counted: [] });
	});

	test('an erased person has no last open any more', async () => {
		await store.recordOpens([by(), by({ recipientId: 'bob', pixelId: 'q' })]);
		await store.eraseSubject(
			{ recipientId: 'ada', pseudonymsOf: () => [], denylistKeysOf: keysOf },
			new Date(START + DAY),
		);
		expect((await lastOpens()).kept).toEqual([['bob', START]]);
	});

	test('a store of an older version knows the last opens that it has counted', async () => {
		await store.recordOpens([
			by(),
			by({ pixelId: 'q', at: START + 3 * DAY }),
			by({ recipientId: null }),
		]);
		await (await place.openDatabase()).write(undoLastOpens);
		await store.close();
		store = await place.openStore();
		expect((await lastOpens()).kept).toEqual([['ada', START + 3 * DAY]]);
		expect(await quietDays(by({ at: START + 7 * DAY }))).toBe(4);
	});
});
