import { pauseAfter, type Backoff } from '../../async/backoff';
import { within } from '../../async/time-limit';
import type { Counters } from '../config/counters';
import type { CollectorLog } from './collector-log';

/** Events of one transaction: enough to share a disk write, few enough to be over in some ms. */
const MAX_BATCH = 512;
/** Loads that may wait in memory while the log cannot be written: about 50 MB. */
const MAX_WAITING = 50_000;
const BACKOFF: Backoff = { firstMs: 50, longestMs: 2000 };
/** How often the size of the file is looked at. */
const MEASURE_EVERY_MS = 200;
/** From this share of the allowed size on, the collector warns. */
export const WARN_SHARE = 0.8;

/** What became of entries: on disk, or lost because there is no room. */
export type Outcome = 'durable' | 'full';

/** How the log is doing. */
export interface LogHealth {
	/** Used part of the allowed size, 0 to 1 and a little more */
	usedShare: number;
	/** Events in memory that wait for the log */
	waiting: number;
	/** Message of the last failed transaction; `null` while the log takes events */
	failure: string | null;
}

/** Gathers the events of many requests into few transactions. */
export interface CommitQueue {
	/**
	 * Writes entries with the next transaction and then calls `done`. An empty list waits for that
	 * transaction as well, and causes one if there is none, so that the time an answer takes does not
	 * tell whether something was stored.
	 */
	add(entries: readonly string[], done: (outcome: Outcome) => void): void;
	health(): LogHealth;
	/** Resolves when everything that was added before is on disk; gives up after `limitMs`. */
	drain(limitMs: number): Promise<void>;
}

interface Waiting {
	entries: readonly string[];
	done: (outcome: Outcome) => void;
}

/** What the queue writes to: a log of this thread, or one that another thread writes. */
export type CommitTarget = Pick<CollectorLog, 'usedBytes' | 'maxBytes'> & {
	append(events: readonly string[]): void | Promise<void>;
};

/**
 * Group commit. All requests that arrive in one turn of the event loop share a transaction; while
 * it is being written the next ones pile up, so the busier the listener, the larger the groups.
 * One transaction is under way at a time.
 *
 * When the file has reached the size that the log allows, entries are refused until consumers have
 * freed space. When a transaction fails, its events stay in memory, in order, and are tried again.
 */
export function createCommitQueue(
	log: CommitTarget,
	{ counters }: { counters: Pick<Counters, 'commits' | 'commitErrors'> },
): CommitQueue {
	let waiting: Waiting[] = [];
	/** A transaction is under way, or will be */
	let busy = false;
	let failures = 0;
	let failure: string | null = null;
	let usedBytes = log.usedBytes();
	let maxBytes = log.maxBytes();
	let measuredAt = Date.now();
	const whenEmpty: Array<() => void> = [];

	const isFull = (): boolean => {
		const now = Date.now();
		if (now - measuredAt >= MEASURE_EVERY_MS) {
			measuredAt = now;
			usedBytes = log.usedBytes();
			maxBytes = log.maxBytes();
		}
		return usedBytes >= maxBytes;
	};

	const schedule = (): void => {
		if (busy) return;
		busy = true;
		if (failures === 0) {
			setImmediate(() => void commit());
		} else {
			setTimeout(() => void commit(), pauseAfter(failures, BACKOFF, Math.random()));
		}
	};

	const commit = async (): Promise<void> => {
		const batch = waiting.slice(0, MAX_BATCH);
		const entries = batch.flatMap((waiter) => waiter.entries);
		try {
			await log.append(entries);
			counters.commits += 1;
			failures = 0;
			failure = null;
		} catch (error) {
			counters.commitErrors += 1;
			failures += 1;
			failure = error instanceof Error ? error.message : String(error);
			busy = false;
			schedule();
			return;
		}
		waiting = waiting.slice(batch.length);
		busy = false;
		for (const { done } of batch) done('durable');
		if (waiting.length > 0) schedule();
		else for (const resolve of whenEmpty.splice(0)) resolve();
	};

	return {
		add: (entries, done) => {
			if (waiting.length >= MAX_WAITING) {
				setImmediate(done, 'full');
				return;
			}
			if (entries.length > 0 && isFull()) {
				waiting.push({ entries: [], done: () => done('full') });
			} else {
				waiting.push({ entries, done });
			}
			schedule();
		},
		health: () => {
			isFull();
			return { usedShare: usedBytes / maxBytes, waiting: waiting.length, failure };
		},
		drain: async (limitMs) => {
			if (waiting.length === 0) return;
			const isEmpty = new Promise<void>((resolve) => whenEmpty.push(resolve));
			await within(limitMs, isEmpty, () => undefined);
		},
	};
}
