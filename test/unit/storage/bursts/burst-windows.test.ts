import { createSecretKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';

import {
	dropOldWindows,
	findBursts,
	keepLabels,
} from '../../../../src/storage/bursts/burst-windows';
import { openSqliteDatabase } from '../../../../src/storage/database/sqlite/sqlite-database';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { startStore } from '../../../../src/storage/start-store';
import {
	domainMark,
	placeLoad,
	type BurstLabel,
	type BurstLoad,
	type PlacedLoad,
} from '../../../../src/tracking/bursts/burst-rules';
import { CURRENT_RULES } from '../../../../src/tracking/classify/classify-rules';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { openEvent } from '../../../support/open-events';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

interface LoadOfOpen {
	event: OpenEvent;
	load: PlacedLoad;
}

const KEY = createSecretKey(Buffer.alloc(32, 7));
const NOW = new Date('2026-11-20T10:00:00Z');
const NETWORKS = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1'];

/** What the pipeline hands over of an open of Ada's. */
function placed(event: OpenEvent, changes: Partial<BurstLoad> = {}): PlacedLoad {
	const load = placeLoad(
		{
			eventId: event.eventId,
			at: NOW.getTime(),
			recipient: JSON.stringify([event.pixelId, event.recipientId]),
			recipientDomain: 'example.com',
			ip: NETWORKS[0],
			manyDomains: true,
			actor: event.actor,
			features: ['method:get'],
			...changes,
		},
		KEY,
	);
	if (load === null) throw new Error('This load takes no part.');
	return load;
}

onEachEngine('burst windows that processes share, on $name', (engine) => {
	let place: StorePlace;
	let one: TrackingStore;
	let other: TrackingStore;
	beforeEach(async () => {
		place = await engine.newPlace();
		one = await place.openStore();
		other = await place.openStore();
	});
	afterEach(async () => await place.dispose());

	const windows = async () => {
		const database = await place.openDatabase();
		return await database.read((db) => db.selectFrom('burst_windows').selectAll().execute());
	};
	/** Opens of Ada's, each with its load. */
	const opensOfAda = (loads: Array<Partial<BurstLoad>>): LoadOfOpen[] =>
		loads.map((changes) => {
			const event = openEvent({ recipientId: 'ada@example.com', pixelId: null, actor: 'human' });
			return { event, load: placed(event, changes) };
		});
	const fromNetworks = (count: number) =>
		opensOfAda(Array.from({ length: count }, (_, n) => ({ ip: NETWORKS[n] })));
	const record = (store: TrackingStore, ...opens: LoadOfOpen[]) =>
		store.recordUnlessErased(opens.map((open) => ({ ...open, denylistKeys: [] })));
	/** Of an open that the trigger passes on and another node records, or that it was passed on as. */
	const note = (store: TrackingStore, ...notes: LoadOfOpen[]) =>
		store.recordUnlessErased([], { notes });
	const recordLater = (store: TrackingStore, { event }: LoadOfOpen) =>
		store.recordUnlessErased([{ event, denylistKeys: [] }]);
	const actorsOf = async () => {
		const { opens } = await one.listOpens({ limit: 100, recipientId: 'ada@example.com' });
		return opens.map(({ actor }) => actor);
	};
	const SCANNER = {
		actor: 'scanner',
		actorReason: 'network-burst',
		rulesVersion: CURRENT_RULES.version,
	};

	it('take a burst that no single process saw, and counters and history follow', async () => {
		const [a, b, c] = fromNetworks(3);
		await record(one, a);
		await record(other, b);
		expect(await actorsOf()).toEqual(['human', 'human']);
		const { totals: before } = await one.getDashboard();
		const { knowledge } = await record(one, c);
		expect(knowledge.get(c.event.eventId)).toMatchObject(SCANNER);
		expect(await actorsOf()).toEqual(['scanner', 'scanner', 'scanner']);
		const { totals } = await one.getDashboard();
		expect([before.opens, before.machineOpens]).toEqual([2, 0]);
		expect([totals.opens, totals.machineOpens]).toEqual([0, 3]);
		for (const { event } of [a, b]) {
			expect(await one.listLabelHistory(event.eventId)).toMatchObject([
				{ from: { actor: 'human' }, to: SCANNER },
			]);
		}
		// It came into the log with this label.
		expect(await one.listLabelHistory(c.event.eventId)).toEqual([]);
	});

	it('see one address open for ten domains, whichever process each load reached', async () => {
		const opens = opensOfAda(
			Array.from({ length: 10 }, (_, n) => ({
				recipient: `r${n}`,
				recipientDomain: `company-${n}.example`,
			})),
		);
		for (const [index, open] of opens.entries()) await record(index % 2 ? one : other, open);
		expect(new Set(await actorsOf())).toEqual(new Set(['scanner']));
		expect((await one.listOpens({ limit: 1 })).opens[0].actorReason).toBe('address-many-domains');
	});

	it('lose nothing when two processes add to one window at the same moment', async () => {
		const opens = opensOfAda(
			Array.from({ length: 16 }, (_, n) => ({ manyDomains: false, at: NOW.getTime() + n })),
		);
		await Promise.all(opens.map((open, index) => record(index % 2 ? one : other, open)));
		const rows = await windows();
		expect(rows).toHaveLength(1);
		const ids = (JSON.parse(rows[0].window) as PlacedLoad[]).map(({ eventId }) => eventId);
		expect(new Set(ids)).toEqual(new Set(opens.map(({ event }) => event.eventId)));
	});

	/** How an open and its load can come in: together, or each by itself, in either order. */
	const ways: Record<string, (store: TrackingStore, open: LoadOfOpen) => Promise<unknown>> = {
		together: record,
		'load first': async (store, open) => {
			await note(store, open);
			await recordLater(store, open);
		},
		'open first': async (store, open) => {
			await recordLater(store, open);
			await note(store, open);
		},
	};

	it('label as one store would, whatever order two stores get opens and loads in', async () => {
		const people = ['ada', 'bob', 'eve', 'joe'];
		await fc.assert(
			fc.asyncProperty(
				fc.array(
					fc.record({
						who: fc.constantFrom(...people),
						network: fc.nat({ max: NETWORKS.length - 1 }),
						way: fc.constantFrom(...Object.keys(ways)),
						store: fc.nat({ max: 1 }),
					}),
					{ minLength: 3, maxLength: 14 },
				),
				async (plan) => {
					const run = String(Math.random());
					const opens = plan.map(({ who, network }, n) => {
						const event = openEvent({ recipientId: run + who, pixelId: null, actor: 'human' });
						return { event, load: placed(event, { ip: NETWORKS[network], at: NOW.getTime() + n }) };
					});
					// All at the same time, as two processes would.
					await Promise.all(
						plan.map(({ way, store }, n) => ways[way](store ? one : other, opens[n])),
					);
					for (const who of people) {
						const mine = plan.filter((each) => each.who === who);
						const isBurst = new Set(mine.map(({ network }) => network)).size >= 3;
						const kept = await one.listOpens({ limit: 100, recipientId: run + who });
						expect(kept.opens.map(({ actor }) => actor)).toEqual(
							mine.map(() => (isBurst ? 'scanner' : 'human')),
						);
					}
				},
			),
			{ numRuns: 15 },
		);
	}, 120_000);

	it('give the label to an open that is recorded after its burst, and tell of it', async () => {
		const [late, ...rest] = fromNetworks(4);
		await note(one, late);
		await record(other, ...rest.slice(0, 2));
		expect(await actorsOf()).toEqual(['scanner', 'scanner']);
		const { knowledge } = await recordLater(one, late);
		expect(knowledge.get(late.event.eventId)).toMatchObject(SCANNER);
		expect(await actorsOf()).toEqual(['scanner', 'scanner', 'scanner']);
		// A retry of the node gets the label as well, which is in the log by now.
		const again = await recordLater(other, late);
		expect(again.recorded.size).toBe(0);
		expect(again.knowledge.get(late.event.eventId)).toMatchObject(SCANNER);
		expect((await windows()).filter(({ kind }) => kind === 'label')).toEqual([]);
		expect((await one.getDashboard()).totals).toMatchObject({ opens: 0, machineOpens: 3 });
	});

	it('label a burst that comes in one batch, and nothing twice when the batch is repeated', async () => {
		const opens = fromNetworks(3);
		const known = { actor: 'bot' as const, actorReason: 'no-agent', rulesVersion: '1' };
		opens[0].event = { ...opens[0].event, ...known };
		opens[0].load = { ...opens[0].load, open: false };
		await record(one, ...opens);
		const { totals } = await one.getDashboard();
		expect(totals.loads).toMatchObject({ bot: 1, scanner: 2, human: 0 });
		await record(other, ...opens);
		await note(other, ...opens);
		expect((await one.getDashboard()).totals).toEqual(totals);
		for (const { event } of opens) expect(await one.listLabelHistory(event.eventId)).toEqual([]);
	});

	it('move the counters of all pixels that the opens of an address belong to', async () => {
		const opens = Array.from({ length: 10 }, (_, n) => {
			const event = openEvent({ recipientId: 'r', pixelId: `pixel-${n}`, actor: 'human' });
			const recipientDomain = `company-${n}.example`;
			return { event, load: placed(event, { recipientDomain }) };
		});
		await Promise.all(opens.map((open, index) => record(index % 2 ? one : other, open)));
		const { totals } = await one.getDashboard();
		expect([totals.opens, totals.machineOpens]).toEqual([0, 10]);
		for (const { event } of opens) {
			const status = await one.getStatus({ pixelId: event.pixelId! });
			expect(status).toMatchObject({ opens: 0, machineOpens: 1 });
		}
	});

	it('learn nothing of people who were erased, and of opens that leave no row', async () => {
		const [erased] = fromNetworks(1);
		const key = ['gone'] as const;
		await one.eraseSubject(
			{ recipientId: 'ada@example.com', pseudonymsOf: () => [], denylistKeysOf: () => key },
			NOW,
		);
		await one.createPixel({ id: 'counts', name: 'Counts', trackingMode: 'aggregate' });
		const event = openEvent({ recipientId: 'r', pixelId: 'counts', actor: 'human' });
		await one.recordUnlessErased([
			{ ...erased, denylistKeys: key },
			{ event, load: placed(event), denylistKeys: [] },
		]);
		expect(await windows()).toEqual([]);
	});

	it('go when their time is over: with the next load, or with the run that deletes old data', async () => {
		const database = await place.openDatabase();
		const observe = async (ms: number, changes: Partial<BurstLoad> = {}) => {
			const event = openEvent();
			const load = placed(event, { at: NOW.getTime() + ms, ...changes });
			await database.write((db) =>
				findBursts(db, new Set(), [{ event, load }], { now: NOW.getTime() + ms }),
			);
		};
		await observe(0);
		const kinds = async () => (await windows()).map(({ kind }) => kind).sort();
		expect(await kinds()).toEqual(['address', 'recipient']);
		await observe(120_000, { recipient: null, ip: NETWORKS[1] });
		expect(await kinds()).toEqual(['address', 'address']);
		await database.write((db) =>
			keepLabels(db, [{ eventId: 'on its way', ...SCANNER } as BurstLabel]),
		);
		const plan = retentionPlan(DEFAULT_RETENTION, new Date());
		await one.applyRetention(plan, { dryRun: true });
		expect(await kinds()).toEqual(['address', 'address', 'label']);
		await one.applyRetention(plan, { dryRun: false });
		expect(await kinds()).toEqual(['label']);
		await database.write((db) => dropOldWindows(db, new Date(Date.now() + 24 * 3_600_000)));
		expect(await kinds()).toEqual([]);
	});

	it('know the domains of registered recipients, whose ids say nothing', async () => {
		await one.createPixel({ id: 'launch', name: 'Launch' });
		const people = Array.from({ length: 12 }, (_, n) => `r-${n}`);
		await one.addRecipients(
			'launch',
			people.map((recipientId, n) => ({
				recipientId,
				// The last two are not known by an address, the first ten work at ten companies.
				email: n < 10 ? `marker-${n}@company-${n}.example` : null,
			})),
			keysOf,
		);
		const events = people.map((recipientId) =>
			openEvent({ recipientId, pixelId: 'launch', actor: 'human' }),
		);
		const received = events.map((event) => ({
			event,
			load: placed(event, { recipientDomain: null }),
			denylistKeys: [],
		}));
		const markOf = (domain: string) => domainMark(domain, KEY);
		// Some loads come before their opens, which are on their way through a workflow.
		await one.recordUnlessErased([], { notes: received.slice(0, 4), markOf });
		await other.recordUnlessErased(received.slice(4), { markOf });
		await one.recordUnlessErased(events.map((event) => ({ event, denylistKeys: [] })));
		const { opens } = await one.listOpens({ limit: 20 });
		const scanned = opens.filter(({ actorReason }) => actorReason === 'address-many-domains');
		expect(scanned.map(({ recipientId }) => recipientId).sort()).toEqual(
			people.slice(0, 10).sort(),
		);
		expect((await one.getPixel('launch'))?.counts).toMatchObject({ uniqueOpens: 2 });
		expect(JSON.stringify(await windows())).not.toMatch(/marker|company|r-\d/);
	});

	it('leave out registered recipients where nobody can say what stands for a domain', async () => {
		const event = openEvent({ recipientId: 'r-1', pixelId: 'launch', actor: 'human' });
		await record(one, { event, load: placed(event, { recipientDomain: null }) });
		expect((await windows()).map(({ kind }) => kind)).toEqual(['recipient']);
	});

	it('stay few: those touched longest ago go first', async () => {
		const database = await place.openDatabase();
		const observe = (names: string[], ms: number) =>
			database.write((db) =>
				findBursts(
					db,
					new Set(),
					names.map((recipient) => {
						const event = openEvent();
						const changes = { recipient, manyDomains: false, at: NOW.getTime() + ms };
						return { event, load: placed(event, changes) };
					}),
					{ maxWindows: 3, now: NOW.getTime() + ms },
				),
			);
		await observe(['a', 'b', 'c'], 0);
		await observe(['a'], 1);
		await observe(['d', 'e'], 2);
		const kept = (await windows()).map(({ name }) => name);
		const nameOf = (recipient: string) => placed(openEvent(), { recipient }).recipient?.name;
		expect(kept.sort()).toEqual(['a', 'd', 'e'].map(nameOf).sort());
	});

	it('are emptied when a person is erased, and when a pixel or a recipient is deleted', async () => {
		const fill = async () => {
			await record(one, ...fromNetworks(1));
			expect(await windows()).toHaveLength(2);
		};
		await fill();
		await one.eraseSubject(
			{ recipientId: 'ada@example.com', pseudonymsOf: () => [], denylistKeysOf: keysOf },
			NOW,
		);
		expect(await windows()).toEqual([]);
		const pixel = await one.createPixel({ name: 'p' });
		await one.addRecipients(pixel.id, [{ recipientId: 'r' }], keysOf);
		await fill();
		const { recipients } = await one.listRecipients({ pixelId: pixel.id, limit: 1 });
		await one.deleteRecipient(recipients[0].id, keysOf);
		expect(await windows()).toEqual([]);
		await fill();
		await one.deletePixel(pixel.id);
		expect(await windows()).toEqual([]);
	});
});

test('the file of the store holds no address, network, domain or recipient of a load', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'burst-windows-'));
	const store = await startStore(await openSqliteDatabase({ path: join(folder, 's.sqlite') }));
	const event = openEvent({ recipientId: 'ada@secret.example' });
	const load = placed(event, { recipientDomain: 'secret.example', ip: '203.0.113.77' });
	// Noted alone, since the log does hold the recipient.
	await store.recordUnlessErased([], { notes: [{ event, load }] });
	const bytes = () =>
		readdirSync(folder)
			.map((name) => readFileSync(join(folder, name)).toString('latin1'))
			.join('');
	// The search finds what is there.
	expect(bytes()).toContain(event.eventId);
	for (const secret of ['203.0.113', 'secret.example', 'ada@']) {
		expect(bytes()).not.toContain(secret);
	}
	await store.close();
	rmSync(folder, { recursive: true });
});
