import fc from 'fast-check';

import { runBatcher, type BatcherOptions } from '../../../../src/collector/consume/batcher';
import { logSource } from '../../../../src/collector/consume/log-source';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { memoryLog } from '../../../support/memory-log';

const ids = (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const asEvent = (id: string) => JSON.stringify({ eventId: id });

/** Runs a batcher over `events` until `until` says so after a delivery or a burial. */
async function run(
	events: readonly string[],
	options: Partial<Omit<BatcherOptions, 'source'>> & {
		choose?: Parameters<typeof logSource>[2];
		refuses?: (ids: string[], delivery: number) => boolean;
		until: (seen: { delivered: string[]; attempts: number; cursor: number }) => boolean;
		more?: string[];
	},
) {
	const { log, state } = memoryLog(events.map(asEvent));
	const stopping = new AbortController();
	const batches: string[][] = [];
	const failed: string[][] = [];
	const refused: string[] = [];
	const failures: number[] = [];
	const check = () => {
		const seen = {
			delivered: batches.flat(),
			attempts: batches.length + failed.length,
			cursor: state.cursor,
		};
		if (options.until(seen)) stopping.abort();
	};
	await runBatcher({
		source: logSource(
			{
				...log,
				advance: (consumer, seq) => {
					log.advance(consumer, seq);
					check();
				},
				setAside: (consumer, entries, seq, at) => {
					log.setAside(consumer, entries, seq, at);
					check();
				},
			},
			'n8n',
			options.choose,
		),
		batchSize: 10,
		intervalMs: 1,
		backoff: { firstMs: 1, longestMs: 2 },
		deliver: async (given: OpenEvent[]) => {
			const batch = given.map(({ eventId }) => eventId);
			if (options.refuses?.(batch, batches.length + failed.length)) {
				failed.push(batch);
				check();
				throw new Error('the workflow failed');
			}
			batches.push(batch);
		},
		onRefused: async (given) =>
			void refused.push(...given.map(({ open }) => String(open?.eventId))),
		onFailure: (_error, count) => failures.push(count),
		signal: stopping.signal,
		...options,
	});
	return { batches, failed, refused, failures, state };
}

describe('handing the log over in batches', () => {
	it('gives every event once, in order, at most as many as asked for', async () => {
		const { batches } = await run(ids(1, 25), { until: ({ cursor }) => cursor === 25 });
		expect(batches).toEqual([ids(1, 10), ids(11, 20), ids(21, 25)]);
	});

	it('waits for a batch to fill, but no longer than the interval', async () => {
		const { log, state } = memoryLog(ids(1, 3).map(asEvent));
		const stopping = new AbortController();
		const batches: number[] = [];
		const running = runBatcher({
			source: logSource(log, 'n8n'),
			batchSize: 5,
			intervalMs: 2000,
			deliver: async (events) => void batches.push(events.length),
			onRefused: async () => undefined,
			onFailure: () => undefined,
			signal: stopping.signal,
		});
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(batches).toEqual([]);
		for (const id of ids(4, 6)) state.append(asEvent(id));
		while (batches.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
		expect(batches).toEqual([5]);
		const since = Date.now();
		while (batches.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
		expect(batches).toEqual([5, 1]);
		expect(Date.now() - since).toBeGreaterThan(1500);
		stopping.abort();
		await running;
	});

	it('moves the cursor only when a batch was processed', async () => {
		const { state, failed } = await run(ids(1, 5), {
			refuses: () => true,
			until: ({ attempts }) => attempts === 3,
		});
		expect(failed).toEqual([ids(1, 5), ids(1, 5), ids(1, 5)]);
		expect(state.cursor).toBe(0);
		expect(state.deadLetters).toEqual([]);
	});

	it('tries a failing batch again, with growing failures told, and goes on when it passes', async () => {
		const { batches, failures } = await run(ids(1, 12), {
			refuses: (_ids, delivery) => delivery < 3,
			until: ({ cursor }) => cursor === 12,
		});
		expect(failures).toEqual([1, 2, 3]);
		expect(batches).toEqual([ids(1, 10), ids(11, 12)]);
	});

	it('finds the one event that always fails, buries it, and delivers the others', async () => {
		const { batches, refused, state } = await run(ids(1, 12), {
			refuses: (batch) => batch.includes('7'),
			until: ({ cursor }) => cursor === 12,
		});
		expect(refused).toEqual(['7']);
		expect(state.deadLetters).toMatchObject([
			{ seq: 7, event: asEvent('7'), reason: 'the workflow failed' },
		]);
		expect(batches.flat().sort()).toEqual(
			ids(1, 12)
				.filter((id) => id !== '7')
				.sort(),
		);
	});

	it('buries nothing while nothing gets through, however long', async () => {
		const { refused, state, failed } = await run(ids(1, 10), {
			refuses: () => true,
			until: ({ attempts }) => attempts > 100,
		});
		expect(refused).toEqual([]);
		expect(state).toMatchObject({ cursor: 0, deadLetters: [] });
		expect(failed.length).toBeGreaterThan(100);
	});

	it('waits with a lone event that fails until others show that it is the one', async () => {
		let attempts = 0;
		const { log, state } = memoryLog([asEvent('bad')]);
		const stopping = new AbortController();
		const delivered: string[] = [];
		await runBatcher({
			source: logSource(
				{
					...log,
					setAside: (...args) => {
						log.setAside(...args);
						stopping.abort();
					},
				},
				'n8n',
			),
			batchSize: 1,
			intervalMs: 1,
			backoff: { firstMs: 1, longestMs: 2 },
			deliver: async (events) => {
				attempts += 1;
				if (attempts === 30) state.append(asEvent('good'));
				if (events.some(({ eventId }) => eventId === 'bad')) throw new Error('no');
				delivered.push(...events.map(({ eventId }) => eventId));
			},
			onRefused: async () => undefined,
			onFailure: () => undefined,
			signal: stopping.signal,
		});
		expect(attempts).toBeGreaterThanOrEqual(30);
		expect(state.deadLetters.map(({ event }) => event)).toEqual([asEvent('bad')]);
		expect(delivered).toEqual(['good']);
	});

	it('gives no held times to the workflow, and takes them for no proof that it works', async () => {
		const other = JSON.stringify({ imageHeld: { eventId: '1', imageHeldMs: 1500 } });
		const { log, state } = memoryLog([asEvent('1'), other, other, asEvent('2'), other]);
		const stopping = new AbortController();
		const batches: string[][] = [];
		let failing = true;
		let failures = 0;
		const running = runBatcher({
			source: logSource(log, 'n8n'),
			batchSize: 10,
			intervalMs: 1,
			backoff: { firstMs: 1, longestMs: 2 },
			deliver: async (events) => {
				if (failing) throw new Error('no');
				batches.push(events.map(({ eventId }) => eventId));
				if (batches.flat().length === 2) stopping.abort();
			},
			onRefused: async () => undefined,
			onFailure: () => {
				failures += 1;
				if (failures === 20) failing = false;
			},
			signal: stopping.signal,
		});
		await running;
		expect(state.deadLetters).toEqual([]);
		expect(batches.flat().sort()).toEqual(['1', '2']);
	});

	it('takes opens that are not for the workflow for no proof that it works', async () => {
		const isWanted = ({ eventId }: OpenEvent) => Number(eventId) % 2 === 0;
		const { state, failed } = await run(ids(1, 40), {
			choose: async (opens) => opens.map(({ open }) => open).filter(isWanted),
			refuses: () => true,
			until: ({ attempts }) => attempts > 100,
		});
		expect(failed.length).toBeGreaterThan(100);
		expect(state).toMatchObject({ cursor: 0, deadLetters: [] });
	});

	it('does not set an event aside for one bad moment', async () => {
		let aloneFailures = 0;
		const { refused, state } = await run(ids(1, 10), {
			refuses: (batch) => {
				if (batch.length > 1) return batch.includes('7');
				// Alone, it fails the first time only.
				return batch[0] === '7' && (aloneFailures += 1) === 1;
			},
			random: () => 0,
			until: ({ cursor }) => cursor === 10,
		});
		expect(refused).toEqual([]);
		expect(state.deadLetters).toEqual([]);
	});

	it('goes on after telling about refused events failed', async () => {
		const { batches } = await run(ids(1, 60), {
			refuses: (batch) => batch.includes('7'),
			onRefused: async () => {
				throw new Error('that branch fails too');
			},
			until: ({ cursor }) => cursor === 60,
		});
		expect(batches.at(-1)).toEqual(ids(51, 60));
	});

	it('loses nothing and buries exactly the bad ones, wherever they are', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 2, max: 40 }),
				fc.integer({ min: 1, max: 12 }),
				fc.array(fc.nat(39), { maxLength: 4 }),
				async (count, batchSize, badIndexes) => {
					const all = ids(1, count);
					const bad = new Set(badIndexes.map((index) => `${index + 1}`));
					// With nothing but bad events left, all of them wait for one that gets through.
					fc.pre(!bad.has(`${count}`));
					const good = all.filter((id) => !bad.has(id));
					const { batches, refused } = await run(all, {
						batchSize,
						backoff: { firstMs: 0, longestMs: 0 },
						refuses: (batch) => batch.some((id) => bad.has(id)),
						until: ({ cursor }) => cursor >= count,
					});
					expect([...new Set(batches.flat())].sort()).toEqual(good.sort());
					expect(refused.sort()).toEqual([...bad].filter((id) => all.includes(id)).sort());
					for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(batchSize);
				},
			),
			{ numRuns: 50 },
		);
	});
});
