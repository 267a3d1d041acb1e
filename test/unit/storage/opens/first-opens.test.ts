import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { sampleOpen, START } from '../../../support/sample-opens';
import { keysOf } from '../../../support/denylist-keys';
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
});
