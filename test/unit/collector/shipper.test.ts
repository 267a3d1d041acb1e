import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeRecord } from '../../../src/collector/log-record';
import { openLog, type OpenLog } from '../../../src/collector/open-log';
import { shipLog, STORE_CONSUMER, type ShipperOptions } from '../../../src/collector/shipper';
import { openEmbeddedStore } from '../../../src/storage/embedded-store';
import type { TrackingStore } from '../../../src/storage/tracking-store';
import type { OpenEvent } from '../../../src/tracking/open-event';
import { openEvent } from '../../support/open-events';

describe('shipping the log into the store', () => {
	let folder: string;
	let log: OpenLog;
	let store: TrackingStore;
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'shipper-'));
		log = openLog({ folder, durable: true });
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
					recordOpens: async (events: readonly OpenEvent[]) => {
						order.push(...events.map(({ recipientId }) => recipientId ?? ''));
						return await store.recordOpens(events);
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

	it('tells the store who an earlier open was after all', async () => {
		const first = openEvent({ recipientId: '1', actor: 'unknown' });
		const scanner = {
			eventId: first.eventId,
			actor: 'scanner',
			actorReason: 'network-burst',
			rulesVersion: '1',
		} as const;
		log.append([
			writeRecord({ open: first }),
			writeRecord({ open: openEvent({ recipientId: '2' }) }),
			writeRecord({ relabel: scanner }),
		]);
		await ship();
		const { opens } = await store.listOpens({ limit: 10, recipientId: '1' });
		expect(opens).toMatchObject([{ actor: 'scanner', actorReason: 'network-burst' }]);
	});

	it('adds the view time that came later to its open, and takes a repeat for one', async () => {
		const open = openEvent({ viewTimeMeasurable: true });
		const time = writeRecord({ viewTime: { eventId: open.eventId, viewTimeMs: 1500 } });
		log.append([writeRecord({ open }), writeRecord({ open: openEvent() }), time]);
		await ship();
		log.append([time, writeRecord({ viewTime: { eventId: 'erased', viewTimeMs: 9 } })]);
		expect(await ship()).toEqual({ failures: [], refused: [] });
		const { opens } = await store.listOpens({ limit: 10 });
		expect(opens.map(({ viewTimeMs }) => viewTimeMs)).toEqual(
			opens.map(({ eventId }) => (eventId === open.eventId ? 1500 : null)),
		);
	});

	it('reads opens that were logged before view time was known', async () => {
		const { viewTimeMs, viewTimeMeasurable, ...old } = openEvent();
		log.append([JSON.stringify(old)]);
		await ship();
		const { opens } = await store.listOpens({ limit: 10 });
		expect(opens).toEqual([{ ...old, viewTimeMs, viewTimeMeasurable }]);
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
