import { setTimeout as sleep } from 'node:timers/promises';

/** Growing pauses between tries. */
export interface Backoff {
	/** Milliseconds before the second try */
	firstMs: number;
	/** The longest pause, in milliseconds */
	longestMs: number;
}

/**
 * The pause after a number of failures: doubled each time, and shortened at random by up to half,
 * so that many processes do not come back to a server that just recovered at the same moment.
 *
 * @param random a number from 0 to 1
 */
export function pauseAfter(failures: number, backoff: Backoff, random: number): number {
	const longest = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.max(0, failures - 1));
	return longest * (1 - random / 2);
}

/** Waits, or less when `signal` aborts; never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
	await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Tries until it works, with growing pauses.
 *
 * @param mayPass whether the cause of this failure may pass; gets the number of failures so far
 * @throws what the last try threw, once `mayPass` says no
 * @example
 * await retry(() => connect(), { firstMs: 100, longestMs: 5000 }, (_error, failures) => failures < 5);
 */
export async function retry<T>(
	action: () => Promise<T>,
	backoff: Backoff,
	mayPass: (error: unknown, failures: number) => boolean,
): Promise<T> {
	for (let failures = 1; ; failures += 1) {
		try {
			return await action();
		} catch (error) {
			if (!mayPass(error, failures)) throw error;
			await pause(pauseAfter(failures, backoff, Math.random()));
		}
	}
}
