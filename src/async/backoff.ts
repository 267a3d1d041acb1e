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
 * so that many collectors do not come back to a store that just recovered at the same moment.
 *
 * @param random a number from 0 to 1
 */
export function pauseAfter(failures: number, backoff: Backoff, random: number): number {
	const longest = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.max(0, failures - 1));
	return longest * (1 - random / 2);
}

/** Waits, or less when `signal` aborts; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(ms, undefined, { signal }).catch(() => undefined);
}
