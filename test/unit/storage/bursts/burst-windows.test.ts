import { createSecretKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { observeBursts } from '../../../../src/storage/bursts/burst-windows';
import { openSqliteDatabase } from '../../../../src/storage/database/sqlite/sqlite-database';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import { startStore } from '../../../../src/storage/start-store';
import {
	domainMark,
	placeLoad,
	type BurstLoad,
	type PlacedLoad,
} from '../../../../src/tracking/bursts/burst-rules';
import { CURRENT_RULES } from '../../../../src/tracking/classify/classify-rules';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { DEFAULT_RETENTION, retentionPlan } from '../../../../src/tracking/people/retention';
import { openEvent } from '../../../support/open-events';
import { onEachEngine, type StorePlace } from '../../../support/stores';
import { keysOf } from '../../../support/denylist-keys';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const NOW = new Date('2026-11-20T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
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
	/** Opens of one recipient, in the log. */
	const recorded = async (count: number) => {
		const events = Array.from({ length: count }, () =>
			openEvent({ recipientId: 'ada@example.com', pixelId: null, actor: 'human' }),
		);
		await one.recordOpens(events);
		return events;
	};
	const actorsOf = async () => {
		const { opens } = await one.listOpens({ limit: 100, recipientId: 'ada@example.com' });
		return opens.map(({ actor }) => actor);
	};

	it('take a burst that no single process saw, and counters and history follow', async () => {
		const [a, b, c] = await recorded(3);
		const { totals: before } = await one.getDashboard();
		expect(await one.observeBursts([placed(a)], NOW)).toEqual([]);
		expect(await other.observeBursts([placed(b, { ip: NETWORKS[1] })], NOW)).toEqual([]);
		expect(await actorsOf()).toEqual(['human', 'human', 'human']);
		expect(await one.observeBursts([placed(c, { ip: NETWORKS[2] })], NOW)).toEqual([]);
		expect(await actorsOf()).toEqual(['scanner', 'scanner', 'scanner']);
		const { totals } = await one.getDashboard();
		expect([before.opens, before.machineOpens]).toEqual([3, 0]);
		expect([totals.opens, totals.machineOpens]).toEqual([0, 3]);
		expect(await one.listLabelHistory(a.eventId)).toMatchObject([
			{
				from: { actor: 'human' },
				to: {
					actor: 'scanner',
					actorReason: 'network-burst',
					rulesVersion: CURRENT_RULES.version,
				},
			},
		]);
	});

	it('see one address open for ten domains, whichever process each load reached', async () => {
		const events = await recorded(10);
		for (const [index, event] of events.entries()) {
			const changes = { recipient: `r${index}`, recipientDomain: `company-${index}.example` };
			await (index % 2 ? one : other).observeBursts([placed(event, changes)], NOW);
		}
		expect(new Set(await actorsOf())).toEqual(new Set(['scanner']));
		expect((await one.listOpens({ limit: 1 })).opens[0].actorReason).toBe('address-many-domains');
	});

	it('lose nothing when two processes add to one window at the same moment', async () => {
		const events = await recorded(16);
		await Promise.all(
			events.map((event, index) =>
				(index % 2 ? one : other).observeBursts(
					[placed(event, { recipientDomain: null, at: NOW.getTime() + index })],
					NOW,
				),
			),
		);
		const rows = await windows();
		expect(rows).toHaveLength(1);
		const ids = (JSON.parse(rows[0].window) as PlacedLoad[]).map(({ eventId }) => eventId);
		expect(new Set(ids)).toEqual(new Set(events.map(({ eventId }) => eventId)));
	});

	it('label nothing twice: neither a batch that is repeated, nor what the process labelled itself', async () => {
		const events = await recorded(3);
		const label = { actor: 'scanner', actorReason: 'address-many-domains' } as const;
		await one.relabelOpens([{ eventId: events[0].eventId, ...label, rulesVersion: '1' }]);
		const loads = events.map((event, index) => placed(event, { ip: NETWORKS[index] }));
		await one.observeBursts(loads, NOW);
		const { totals } = await one.getDashboard();
		await other.observeBursts(loads, NOW);
		expect((await one.getDashboard()).totals).toEqual(totals);
		for (const { eventId } of events) expect(await one.listLabelHistory(eventId)).toHaveLength(1);
	});

	it('hand back the labels of opens that are still on their way, and name them again', async () => {
		const late = openEvent({ recipientId: 'ada@example.com', pixelId: null, actor: 'human' });
		const [b, c, d] = await recorded(3);
		const three = [late, b, c].map((event, index) => placed(event, { ip: NETWORKS[index] }));
		expect(await one.observeBursts(three, NOW)).toMatchObject([
			{ eventId: late.eventId, actor: 'scanner', actorReason: 'network-burst' },
		]);
		await one.recordOpens([late]);
		await other.observeBursts([placed(d)], NOW);
		expect(await actorsOf()).toEqual(['scanner', 'scanner', 'scanner', 'scanner']);
	});

	it('go when their time is over: with the next load, or with the run that deletes old data', async () => {
		const [a, b] = await recorded(2);
		await one.observeBursts([placed(a)], NOW);
		const kinds = async () => (await windows()).map(({ kind }) => kind).sort();
		expect(await kinds()).toEqual(['address', 'recipient']);
		await one.observeBursts([placed(b, { recipient: null, ip: NETWORKS[1] })], later(120_000));
		expect(await kinds()).toEqual(['address', 'address']);
		const plan = retentionPlan(DEFAULT_RETENTION, new Date());
		await one.applyRetention(plan, { dryRun: true });
		expect(await kinds()).toEqual(['address', 'address']);
		await one.applyRetention(plan, { dryRun: false });
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
		await one.recordOpens(events);
		const loads = events.map((event) => placed(event, { recipientDomain: null }));
		const markOf = (domain: string) => domainMark(domain, KEY);
		await one.observeBursts(loads.slice(0, 6), NOW, markOf);
		await other.observeBursts(loads.slice(6), NOW, markOf);
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
		await one.recordOpens([event]);
		await one.observeBursts([placed(event, { recipientDomain: null })], NOW);
		expect((await windows()).map(({ kind }) => kind)).toEqual(['recipient']);
	});

	it('stay few: those touched longest ago go first', async () => {
		const database = await place.openDatabase();
		const observe = (names: string[], ms: number) =>
			database.write((db) =>
				observeBursts(
					db,
					names.map((recipient) =>
						placed(openEvent(), { recipient, recipientDomain: null, at: NOW.getTime() + ms }),
					),
					later(ms),
					{ maxWindows: 3 },
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
			await one.observeBursts([placed(openEvent())], NOW);
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
	await store.observeBursts(
		[placed(event, { recipientDomain: 'secret.example', ip: '203.0.113.77' })],
		NOW,
	);
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
