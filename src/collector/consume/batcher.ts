import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import type { OpenEvent } from '../../tracking/event/open-event';
import { readRecord, type OpenRecord } from '../log/log-record';
import type { LogEntry, CollectorLog } from '../log/collector-log';

const LOOK_EVERY_MS = 200;
const BACKOFF: Backoff = { firstMs: 1000, longestMs: 60_000 };
/** Tries of a whole batch before its events are looked at one by one. */
const TRIES = 4;
/** Tries of a single event before it counts as refused. */
const TRIES_ALONE = 2;
/** Single events tried to find out whether anything at all gets through. */
const PROBES = 8;
/** Events looked at together then: a small batch may hold nothing but bad ones. */
const POOL = 50;

/** An event that fails alone while others succeed. */
export interface RefusedOpen extends LogEntry {
	reason: string;
}

export interface BatcherOptions {
	log: Pick<CollectorLog, 'read' | 'advance' | 'setAside' | 'backlog'>;
	/** Name of the cursor */
	consumer: string;
	/** Events of one batch at most */
	batchSize: number;
	/** How long an event may wait for others to fill its batch, in milliseconds */
	intervalMs: number;
	/** Chooses the opens to hand over; all of them where it is left out */
	choose?(opens: OpenRecord[]): Promise<OpenEvent[]>;
	/** Hands over a batch; resolves when it was processed, rejects when that failed */
	deliver(events: OpenEvent[]): Promise<void>;
	/** Called with events that are dead letters now; a failure is not tried again */
	onRefused(refused: RefusedOpen[]): Promise<void>;
	/** Called at each failure, with the number of failures in a row */
	onFailure(error: unknown, failures: number): void;
	/** Ends the work; a batch under way is waited for */
	signal: AbortSignal;
	backoff?: Backoff;
	/** A number from 0 to 1 */
	random?: () => number;
}

/**
 * Hands the log over in batches, in order and at least once: the cursor moves when a batch was
 * processed, so a restart goes on where it stood.
 *
 * A failing batch is tried again with growing pauses. When that does not help, single events show
 * whether a single event fails or everything does: as long as nothing succeeds, all
 * events wait. Once something does, the batch is halved until the events that fail are found;
 * those become dead letters, and the rest goes on. Resolves when `signal` aborts.
 */
export async function runBatcher(options: BatcherOptions): Promise<void> {
	const { signal, backoff = BACKOFF, random = Math.random } = options;
	let failures = 0;
	while (!signal.aborted) {
		const entries = await nextBatch(options);
		if (entries.length === 0) continue;
		const last = entries[entries.length - 1].seq;
		try {
			await deliver(entries, options);
			options.log.advance(options.consumer, last);
			failures = 0;
			continue;
		} catch (error) {
			failures += 1;
			options.onFailure(error, failures);
		}
		if (failures >= TRIES && (await settleOneByOne(options, random))) {
			failures = 0;
			continue;
		}
		await pause(pauseAfter(failures, backoff, random()), signal);
	}
}

/** A full batch, or what has waited long enough; nothing when it is time to stop. */
async function nextBatch(options: BatcherOptions): Promise<LogEntry[]> {
	const { log, consumer, batchSize, intervalMs, signal } = options;
	let since: number | null = null;
	for (;;) {
		if (signal.aborted) return [];
		const ready = log.backlog(consumer, batchSize);
		if (ready > 0) since ??= Date.now();
		const waited = since !== null && Date.now() - since >= intervalMs;
		if (ready >= batchSize || (ready > 0 && waited)) return log.read(consumer, batchSize);
		await pause(Math.min(LOOK_EVERY_MS, Math.max(1, intervalMs)), signal);
	}
}

/**
 * Finds the events, of those that are next, that fail by themselves.
 *
 * @returns whether these events are settled; false when nothing at all gets through
 */
async function settleOneByOne(options: BatcherOptions, random: () => number): Promise<boolean> {
	const { log, consumer, batchSize, signal } = options;
	const pool = log.read(consumer, Math.max(batchSize, POOL));
	// What is for the store alone always gets through, and would prove nothing.
	const opens = pool.filter(({ event }) => !isForStoreAlone(event));
	const through = await probe(opens, options, random);
	if (through === null || signal.aborted) return false;

	const refused: RefusedOpen[] = [];
	const settle = async (part: readonly LogEntry[]): Promise<void> => {
		if (part.length === 0 || signal.aborted) return;
		const failure = await tryDelivering(part, options, part.length === 1 ? TRIES_ALONE : 1);
		if (failure === null) return;
		if (part.length === 1) {
			refused.push({ ...part[0], reason: failure });
			return;
		}
		const half = Math.ceil(part.length / 2);
		await settle(part.slice(0, half));
		await settle(part.slice(half));
	};
	const rest = opens.filter((entry) => entry !== through);
	for (let start = 0; start < rest.length; start += batchSize) {
		await settle(rest.slice(start, start + batchSize));
	}
	if (signal.aborted) return false;

	log.setAside(consumer, refused, pool[pool.length - 1].seq, new Date());
	if (refused.length > 0) {
		await options.onRefused(refused).catch((error: unknown) => options.onFailure(error, 1));
	}
	return true;
}

/** Tries single events from all over the pool. Returns the first that got through, or `null`. */
async function probe(
	pool: readonly LogEntry[],
	options: BatcherOptions,
	random: () => number,
): Promise<LogEntry | null> {
	const untried = [...pool];
	for (let tried = 0; tried < PROBES && untried.length > 0; tried += 1) {
		if (options.signal.aborted) return null;
		const [entry] = untried.splice(Math.floor(random() * untried.length), 1);
		if ((await tryDelivering([entry], options, 1)) === null) return entry;
	}
	return null;
}

/** Delivers, at most so many times. Returns `null`, or the message of the last failure. */
async function tryDelivering(
	entries: readonly LogEntry[],
	options: BatcherOptions,
	tries: number,
): Promise<string | null> {
	let failure: string | null = null;
	for (let tried = 0; tried < tries; tried += 1) {
		try {
			await deliver(entries, options);
			return null;
		} catch (error) {
			failure = error instanceof Error ? error.message : String(error);
		}
	}
	return failure;
}

function isForStoreAlone(text: string): boolean {
	try {
		return !('open' in readRecord(text));
	} catch {
		// Not even JSON. It will fail alone and be found.
		return false;
	}
}

/** Delivers the opens among the entries. Other records are for the store alone. */
async function deliver(entries: readonly LogEntry[], options: BatcherOptions): Promise<void> {
	const records = entries.flatMap(({ event }) => {
		const record = readRecord(event);
		return 'open' in record ? [record] : [];
	});
	const events = (await options.choose?.(records)) ?? records.map(({ open }) => open);
	if (events.length > 0) await options.deliver(events);
}
