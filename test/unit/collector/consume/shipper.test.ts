import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
	shipLog,
	STORE_CONSUMER,
	type ShipperOptions,
} from '../../../../src/collector/consume/shipper';
import { writeRecord } from '../../../../src/collector/log/log-record';
import { openCollectorLog, type CollectorLog } from '../../../../src/collector/log/collector-log';
import { openEmbeddedStore } from '../../../../src/storage/embedded-store';
import type { CheckedOpen, TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { generateKey, parseKeyRing } from '../../../../src/tracking/links/key-ring';
import { denylistKeysOf } from '../../../../src/tracking/people/subject-keys';
import { openEvent } from '../../../support/open-events';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });

describe('shipping the log into the store', () => {
	let folder: string;
	let log: CollectorLog;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'shipper-'));
		log = openCollectorLog({ folder, durable: true });
		log.setConsumers([STORE_CONSUMER]);
		store = await openEmbeddedStore({ folder, queueMode: false });
	});
	afterEach(async () => {
		log.close();
		await store.close();
		rmSync(folder, { recursive: true });
	});

	const inStore = async () => {
		const ids: Array<string | null> = [];
		for await (const open of store.streamOpens({})) ids.push(open.recipientId);
		return ids.sort((a, b) => Number(a) - Number(b));
	};
	const append = (count: number, from = 0) =>
		log.append(
			Array.from({ length: count }, (_, n) =>
				JSON.stringify(openEvent({ recipientId: `${from + n}` })),
			),
		);
	/** Ships until the log is empty. */
	const ship = async (options: Partial<ShipperOptions> = {}) => {
		const stopping = new AbortController();
		const failures: number[] = [];
		const refused: unknown[] = [];
		const stopWhenDone = () => {
			if (log.backlog(STORE_CONSUMER, 1) === 0) stopping.abort();
		};
		await shipLog({
			log,
			openStore: async () => store,
			keyRing: () => keyRing,
			signal: stopping.signal,
			onShipped: stopWhenDone,
			onFailure: (_error, count) => failures.push(count),
			onRefused: (error) => {
				refused.push(error);
				stopWhenDone();
			},
			backoff: { firstMs: 1, longestMs: 5 },
			...options,
		});
		return { failures, refused };
	};

	it('brings every open into the store, and empties the log', async () => {
		append(1234);
		await ship();
		expect(await inStore()).toEqual(Array.from({ length: 1234 }, (_, n) => `${n}`));
		expect(log.read(STORE_CONSUMER, 1)).toEqual([]);
	});

	it('keeps everything while the store is away, and drains when it is back, in order', async () => {
		append(700);
		let away = 5;
		const order: string[] = [];
		const { failures } = await ship({
			openStore: async () => {
				if (away > 0) {
					away -= 1;
					if (away === 2) append(10, 700);
					throw new Error('connection refused');
				}
				return {
					...store,
					recordUnlessErased: async (opens: readonly CheckedOpen[]) => {
						order.push(...opens.map(({ event }) => event.recipientId ?? ''));
						return await store.recordUnlessErased(opens);
					},
				};
			},
		});
		expect(failures).toEqual([1, 2, 3, 4, 5]);
		expect(order).toEqual(Array.from({ length: 710 }, (_, n) => `${n}`));
		expect(await inStore()).toHaveLength(710);
	});

	it('counts nothing twice when the store committed and the cursor did not move', async () => {
		append(20);
		let crashes = 1;
		await ship({
			log: {
				...log,
				advance: (consumer, seq) => {
					if (crashes > 0) {
						crashes -= 1;
						throw new Error('crashed after the commit');
					}
					log.advance(consumer, seq);
				},
			},
		});
		expect(await inStore()).toHaveLength(20);
	});

	it('hands the places of loads to the windows that processes share, and labels the burst', async () => {
		const opens = ['a', 'b', 'c'].map(() => openEvent({ recipientId: 'ada' }));
		const [first, ...rest] = opens.map((open, index) => ({
			open,
			burst: {
				eventId: open.eventId,
				at: 1,
				open: true,
				recipient: { name: 'hash of ada', mark: `hash of network ${index}` },
				address: null,
			},
		}));
		// Another process saw the first of the three.
		await store.recordUnlessErased([{ event: first.open, load: first.burst, denylistKeys: [] }]);
		log.append([
			...rest.map(writeRecord),
			JSON.stringify({ ...openEvent({ recipientId: 'bob' }), burst: 'of another version' }),
		]);
		await ship();
		const { opens: kept } = await store.listOpens({ limit: 9 });
		const actorOf = ({ recipientId, actor }: OpenEvent) => `${recipientId} ${actor}`;
		expect(kept.map(actorOf).sort()).toEqual([
			'ada scanner',
			'ada scanner',
			'ada scanner',
			'bob human',
		]);
	});

	it('labels an open of a burst when another process brings it later than the burst', async () => {
		const [first, ...rest] = ['a', 'b', 'c'].map((id) => {
			const event = openEvent({ recipientId: id });
			const recipient = { name: 'hash of ada', mark: `hash of ${id}` };
			const load = { eventId: event.eventId, at: 1, open: true, recipient, address: null };
			return { event, load };
		});
		// n8n notes the load at once; its open is on its way through the workflow.
		await store.recordUnlessErased([], { notes: [first] });
		log.append(rest.map(({ event, load }) => writeRecord({ open: event, burst: load })));
		await ship();
		await store.recordUnlessErased([{ event: first.event, denylistKeys: [] }]);
		const { opens } = await store.listOpens({ limit: 9 });
		expect(opens.map(({ actor }) => actor)).toEqual(['scanner', 'scanner', 'scanner']);
	});

	it('tells the windows of a link that was looked at, which makes no event', async () => {
		const event = openEvent({ event: 'click', purpose: 'clicks' });
		const place = {
			at: 1,
			recipient: { name: 'hash of ada', mark: 'hash of link 1' },
			address: null,
			from: { network: 'hash of network', v6: false, os: null },
		};
		const looked = { eventId: 'looked', open: false, link: { position: 1, head: true }, ...place };
		const burst = {
			eventId: event.eventId,
			open: true,
			link: { position: 1, head: false },
			...place,
		};
		const { pixelId, campaignId } = event;
		log.append([
			writeRecord({ open: event, burst }),
			writeRecord({ looked: { event: { pixelId, campaignId, recipientId: null }, load: looked } }),
		]);
		expect(await ship()).toEqual({ failures: [], refused: [] });
		const { opens } = await store.listOpens({ limit: 9, event: 'any' });
		expect(opens).toMatchObject([{ eventId: event.eventId, actorReason: 'link-head-first' }]);
	});

	it('adds the held time that came later to its open, and takes a repeat for one', async () => {
		const open = openEvent({ imageHeldMeasurable: true });
		const time = writeRecord({ imageHeld: { eventId: open.eventId, imageHeldMs: 1500 } });
		log.append([writeRecord({ open }), writeRecord({ open: openEvent() }), time]);
		await ship();
		log.append([time, writeRecord({ imageHeld: { eventId: 'erased', imageHeldMs: 9 } })]);
		expect(await ship()).toEqual({ failures: [], refused: [] });
		const { opens } = await store.listOpens({ limit: 10 });
		expect(opens.map(({ imageHeldMs }) => imageHeldMs)).toEqual(
			opens.map(({ eventId }) => (eventId === open.eventId ? 1500 : null)),
		);
	});

	it('reads opens that were logged before held time and first opens were known', async () => {
		const { imageHeldMs, imageHeldMeasurable, firstOpen, quietDays, ...old } = openEvent();
		expect(firstOpen).toBeNull();
		log.append([JSON.stringify(old)]);
		await ship();
		const { opens } = await store.listOpens({ limit: 10 });
		expect(opens).toEqual([
			{ ...old, imageHeldMs, imageHeldMeasurable, firstOpen: true, quietDays },
		]);
	});

	it('does not bring back who was erased while the log waited', async () => {
		append(3);
		await store.eraseSubject(
			{
				recipientId: '1',
				pseudonymsOf: () => [],
				denylistKeysOf: (id) => denylistKeysOf(id, keyRing),
			},
			new Date(),
		);
		await ship();
		expect(await inStore()).toEqual(['0', '2']);
	});

	it('buries an event that the store will never take, and ships the others', async () => {
		append(5);
		log.append([JSON.stringify({ ...openEvent(), actor: 'nobody' }), 'not even JSON']);
		append(5, 5);
		const { refused, failures } = await ship();
		expect(refused).toHaveLength(2);
		expect(failures).toEqual([]);
		expect(await inStore()).toHaveLength(10);
		expect(log.deadLetters(9)).toMatchObject([
			{ seq: 6, consumer: STORE_CONSUMER, reason: expect.stringContaining('actor') },
			{ seq: 7, event: 'not even JSON' },
		]);
	});

	it('stops at once while it waits for a store that is away', async () => {
		append(1);
		const stopping = new AbortController();
		const running = ship({
			signal: stopping.signal,
			openStore: async () => {
				throw new Error('away');
			},
			onFailure: () => setImmediate(() => stopping.abort()),
			backoff: { firstMs: 60_000, longestMs: 60_000 },
		});
		await running;
		expect(log.backlog(STORE_CONSUMER, 9)).toBe(1);
	});
});
