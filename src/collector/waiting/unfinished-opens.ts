import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { Backoff } from '../../async/backoff';
import { within } from '../../async/time-limit';
import type { OpenEvent } from '../../tracking/event/open-event';
import { newCounters } from '../config/counters';
import { runBatcher, type BatchSource } from '../consume/batcher';
import {
	DEAD_LETTER_DAYS,
	lockUnlessTaken,
	openCollectorLog,
	type CollectorLog,
	type LogEntry,
} from '../log/collector-log';
import { createCommitQueue, type CommitQueue } from '../log/commit-queue';
import { readRecord, writeRecord } from '../log/log-record';
import { eraseInLog } from '../log/person-in-log';
import { describeError } from '../threads/thread';
import { ROOM_BYTES } from './waiting-opens';

/** How long an answer may wait for the disk. */
const DISK_LIMIT_MS = 2000;
/** An execution that has not ended by then counts as lost. */
const LOST_AFTER_MS = 300_000;
/** Opens handed over together at most */
const BATCH = 200;
const WAIT_FOR_OTHERS_MS = 1000;
/** Ends of executions share a write. */
const REMOVE_AFTER_MS = 200;
const LOOK_AGAIN_MS = 10_000;
const DAY_MS = 86_400_000;
const PAGE = 500;
const COUNT_TO = 100_000;
/** Name of who refused an open, in the dead letters of the log */
const REFUSED_BY = 'workflow';

export interface UnfinishedOpensDeps {
	/** Path of the folders of the trigger, one for each process: `<path>.<number>` */
	path: string;
	/** Gives opens to the workflow again; rejects when that did not succeed */
	handOver(opens: OpenEvent[]): Promise<void>;
	/** Called at each failure of that, with the number of failures in a row */
	onFailure(error: unknown, failures: number): void;
	/** Called for opens that fail while others succeed. They are dead letters now. */
	onRefused(reasons: string[]): void;
	/** Called when opens cannot be put on disk, or not be read there */
	onLogTrouble(reason: string): void;
	backoff?: Backoff;
	/** How long an open waits for others to go along, in milliseconds */
	intervalMs?: number;
	lostAfterMs?: number;
}

/**
 * The opens of one trigger that were answered before the workflow was done with them. They are on
 * disk before the answer goes out, and stay there until an execution with them succeeded: when that
 * fails, or ends with its process, the workflow gets them again.
 */
export interface UnfinishedOpens {
	/** Follows an open that the workflow is about to get. */
	begin(open: OpenEvent): OpenInHand;
	/** Takes as long as keeping an open, so that the time of an answer does not tell whether one was. */
	keepNothing(): Promise<void>;
	/** Carries on with what an earlier run left on disk. Returns at once. */
	carryOn(): void;
	stop(): Promise<void>;
}

/** One open of which an execution is under way, or about to be. */
export interface OpenInHand {
	open: OpenEvent;
	/**
	 * Puts it on disk, so that it may be answered. Resolves when it is there, at the latest after two
	 * seconds; at once where the workflow is done with it already.
	 */
	keep(): Promise<void>;
	/** Tells how the execution ended. Later word counts: an execution may end after it counted as lost. */
	end(succeeded: boolean): void;
}

export function createUnfinishedOpens(deps: UnfinishedOpensDeps): UnfinishedOpens {
	const { backoff, intervalMs = WAIT_FOR_OTHERS_MS, lostAfterMs = LOST_AFTER_MS } = deps;
	const stopping = new AbortController();
	let opened: { log: CollectorLog; queue: CommitQueue; unlock(): void } | null = null;
	/** Ids of opens that are on disk, or about to be, and that an execution has */
	const inHand = new Set<string>();
	/** Ids of those that are done and still on disk */
	const done = new Set<string>();
	let running: Promise<void> | null = null;
	/** Whether there was something to hand over since that began, which may be about to end */
	let wanted = false;
	let removing: NodeJS.Timeout | undefined;
	let again: NodeJS.Timeout | undefined;

	const open = () => {
		if (opened === null) {
			opened = openOwnLog(deps.path, deps.onLogTrouble);
			// What an earlier run left.
			setImmediate(handOverAgain);
		}
		return opened;
	};

	const write = async (entries: string[]): Promise<void> => {
		const { queue } = open();
		const outcome = await new Promise((resolve) => queue.add(entries, resolve));
		if (outcome === 'full') throw new Error('It has reached its size limit.');
	};
	const withinLimit = async (writing: Promise<void>): Promise<void> =>
		await within(DISK_LIMIT_MS, writing, () =>
			deps.onLogTrouble(opened?.queue.health().failure ?? 'The disk did not answer in time.'),
		);

	const begin = (event: OpenEvent): OpenInHand => {
		let succeeded: boolean | null = null;
		let keeping: Promise<void> | null = null;
		let lost: NodeJS.Timeout | undefined;
		const settle = () => {
			if (succeeded === null) return;
			clearTimeout(lost);
			inHand.delete(event.eventId);
			if (!succeeded) return handOverAgain();
			done.add(event.eventId);
			removing ??= setTimeout(removeDone, REMOVE_AFTER_MS).unref();
		};
		const end = (how: boolean) => {
			succeeded = how;
			void keeping?.then(settle);
		};
		const startKeeping = async () => {
			inHand.add(event.eventId);
			lost = setTimeout(() => end(false), lostAfterMs).unref();
			try {
				await write([writeRecord({ open: event })]);
				settle();
			} catch (error) {
				inHand.delete(event.eventId);
				clearTimeout(lost);
				deps.onLogTrouble(describeError(error));
			}
		};
		return {
			open: event,
			keep: async () => {
				if (succeeded) return;
				keeping ??= startKeeping();
				await withinLimit(keeping);
			},
			end,
		};
	};

	const removeDone = async (): Promise<void> => {
		const ids = new Set(done);
		try {
			await eraseInLog(open().log, ({ eventId }) => ids.has(eventId));
			for (const id of ids) done.delete(id);
		} catch (error) {
			deps.onLogTrouble(describeError(error));
		}
		removing =
			done.size > 0 && !stopping.signal.aborted
				? setTimeout(removeDone, REMOVE_AFTER_MS).unref()
				: undefined;
	};

	/** The oldest entries that no execution has. */
	const due = (limit: number): LogEntry[] => {
		const found: LogEntry[] = [];
		const { log } = open();
		let page = log.peek(0, PAGE);
		while (page.length > 0 && found.length < limit) {
			found.push(...page.filter(({ event }) => !isTaken(event)));
			page = log.peek(page[page.length - 1].seq, PAGE);
		}
		return found.slice(0, limit);
	};
	const isTaken = (text: string): boolean => {
		const [event] = openOf(text);
		return event !== undefined && (inHand.has(event.eventId) || done.has(event.eventId));
	};

	const sourceUntil = (isEmpty: AbortController): BatchSource<LogEntry> => {
		let read: LogEntry[] = [];
		return {
			backlog: (limit) => {
				const { length } = due(limit);
				if (length === 0) isEmpty.abort();
				return length;
			},
			read: (limit) => (read = due(limit)),
			opensOf: async (entries) => entries.flatMap(({ event }) => openOf(event)),
			advance: (seq, refused) => {
				const { log } = open();
				// No cursor moves: entries before these may be in hand still.
				if (refused.length > 0) log.setAside(REFUSED_BY, refused, 0, new Date());
				const passed = read.filter((entry) => entry.seq <= seq);
				log.erase(
					passed.map((entry) => entry.seq),
					[],
				);
			},
		};
	};

	const handOverAgain = (): void => {
		wanted = running !== null;
		if (wanted || stopping.signal.aborted) return;
		clearTimeout(again);
		const isEmpty = new AbortController();
		running = runBatcher({
			source: sourceUntil(isEmpty),
			batchSize: BATCH,
			intervalMs,
			deliver: deps.handOver,
			onRefused: async (refused) => deps.onRefused(refused.map(({ reason }) => reason)),
			onFailure: deps.onFailure,
			signal: AbortSignal.any([isEmpty.signal, stopping.signal]),
			backoff,
		})
			.catch((error: unknown) => {
				deps.onLogTrouble(describeError(error));
				again = setTimeout(handOverAgain, LOOK_AGAIN_MS).unref();
			})
			.finally(() => {
				running = null;
				if (wanted) handOverAgain();
			});
	};

	const prepare = (isNeeded = true): void => {
		try {
			if (isNeeded || slotsOf(deps.path).length > 0) open();
		} catch (error) {
			deps.onLogTrouble(describeError(error));
		}
	};

	return {
		begin: (event) => {
			// Before it is needed: then there may be no room for it.
			prepare();
			return begin(event);
		},
		keepNothing: async () => {
			const writing = write([]).catch((error: unknown) => deps.onLogTrouble(describeError(error)));
			await withinLimit(writing);
		},
		carryOn: () => prepare(false),
		stop: async () => {
			stopping.abort();
			clearTimeout(removing);
			clearTimeout(again);
			await running;
			if (done.size > 0) await removeDone();
			opened?.log.close();
			opened?.unlock();
			opened = null;
		},
	};
}

/** How many opens of a log were answered so long ago that an execution of theirs counts as lost. */
export function countStuck(log: CollectorLog, now: Date): number {
	const before = new Date(now.getTime() - LOST_AFTER_MS).toISOString();
	return log
		.peek(0, COUNT_TO)
		.filter(({ event }) => openOf(event).some(({ occurredAt }) => occurredAt < before)).length;
}

/** Removes opens from a log that nobody has taken for as long as dead letters are kept. */
export async function forgetOldOpens(log: CollectorLog, now: Date): Promise<void> {
	const before = new Date(now.getTime() - DEAD_LETTER_DAYS * DAY_MS).toISOString();
	await eraseInLog(log, ({ occurredAt }) => occurredAt < before);
}

/**
 * Opens the log of this process, and takes over what is in those of processes that ended. Processes
 * that share a disk, as several of n8n in queue mode may, know only of their own executions.
 */
function openOwnLog(path: string, onTrouble: (reason: string) => void) {
	const { slot, unlock } = takeSlot(path);
	try {
		const log = openCollectorLog({ folder: slot, durable: true, roomBytes: ROOM_BYTES });
		log.forgetOldLetters(new Date());
		for (const other of slotsOf(path)) {
			try {
				if (other !== slot) takeOver(other, log);
			} catch (error) {
				// A log that is damaged is no reason to keep nothing in this one.
				onTrouble(describeError(error));
			}
		}
		return { log, queue: createCommitQueue(log, { counters: newCounters() }), unlock };
	} catch (error) {
		unlock();
		throw error;
	}
}

/** The folder of a process that ended, or a new one. */
function takeSlot(path: string): { slot: string; unlock(): void } {
	for (let number = 1; ; number += 1) {
		const slot = `${path}.${number}`;
		const unlock = lockUnlessTaken(slot);
		if (unlock !== null) return { slot, unlock };
	}
}

function takeOver(slot: string, into: CollectorLog): void {
	const unlock = lockUnlessTaken(slot);
	if (unlock === null) return;
	try {
		const log = openCollectorLog({ folder: slot, durable: true, roomBytes: ROOM_BYTES });
		try {
			const entries = log.peek(0, Number.MAX_SAFE_INTEGER);
			if (entries.length === 0) return;
			into.append(entries.map(({ event }) => event));
			log.erase(
				entries.map(({ seq }) => seq),
				[],
			);
		} finally {
			log.close();
		}
	} finally {
		unlock();
	}
}

function slotsOf(path: string): string[] {
	const [folder, start] = [dirname(path), `${basename(path)}.`];
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
		.map((name) => join(folder, name));
}

function openOf(text: string): OpenEvent[] {
	const record = readRecord(text);
	return 'open' in record ? [record.open] : [];
}
