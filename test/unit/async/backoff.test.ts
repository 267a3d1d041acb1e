import fc from 'fast-check';

import { pause, pauseAfter, retry } from '../../../src/async/backoff';

const SHORT = { firstMs: 1, longestMs: 2 };

describe('pauseAfter', () => {
	it('doubles up to the longest pause, and is never shorter than half of that', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 2000 }),
				fc.double({ min: 0, max: 1, noNaN: true }),
				(failures, random) => {
					const full = Math.min(5000, 100 * 2 ** (failures - 1));
					const ms = pauseAfter(failures, { firstMs: 100, longestMs: 5000 }, random);
					expect(ms).toBeGreaterThanOrEqual(full / 2);
					expect(ms).toBeLessThanOrEqual(full);
				},
			),
		);
	});
});

describe('pause', () => {
	it('ends when its signal aborts, before or while it waits', async () => {
		await pause(60_000, AbortSignal.abort());
		const stop = new AbortController();
		const paused = pause(60_000, stop.signal);
		stop.abort();
		await paused;
	});
});

describe('retry', () => {
	it('tries again while the failure may pass, and gives what the good try gave', async () => {
		const failures: number[] = [];
		let tries = 0;
		const answer = await retry(
			async () => {
				tries += 1;
				if (tries < 4) throw new Error('busy');
				return tries;
			},
			SHORT,
			(_error, count) => {
				failures.push(count);
				return true;
			},
		);
		expect(answer).toBe(4);
		expect(failures).toEqual([1, 2, 3]);
	});

	it('throws the last failure when it will not pass', async () => {
		const tried = jest.fn(async () => {
			throw new Error(`failure ${tried.mock.calls.length}`);
		});
		await expect(retry(tried, SHORT, (_error, failures) => failures < 3)).rejects.toThrow(
			'failure 3',
		);
	});
});
