import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import type { OpenEvent } from '../../tracking/event/open-event';

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

/** Where opens to hand over come from: entries with numbers that grow, and a cursor among them. */
export interface BatchSource<Entry extends { seq: number }> {
	/** Entries after the cursor, counted up to `limit`; may be too many, never too few */
	backlog(limit: number): number | Promise<number>;
	/** Entries after the cursor, oldest first */
	read(limit: number): Entry[] | Promise<Entry[]>;
	/** The opens among these entries that are to be handed over, as they are at this moment */
	opensOf(entries: readonly Entry[]): Promise<OpenEvent[]>;
	/** Moves the cursor on to `seq`, and keeps entries that it passes and that were refused. */
	advance(seq: number, refused: ReadonlyArray<Entry & { reason: string }>): void | Promise<void>;
}

/** The source itself failed, or is not to be read any more: no fault of what was read. */
export class SourceError extends Error {
	override readonly name = 'SourceError';
}

/** What fails alone while others succeed. */
export interface RefusedOpen {
	/** `null` where it could not even be read */
	open: OpenEvent | null;
	reason: string;
}

export interface BatcherOptions<Entry extends { seq: number } = { seq: number }> {
	source: BatchSource<Entry>;
	/** Events of one batch at most */
	batchSize: number;
	/** How long an event may wait for others to fill its batch, in milliseconds */
	intervalMs: number;
	/** Hands over a batch; resolves when it was processed, rejects when that failed */
	deliver(events: OpenEvent[]): Promise<void>;
	/** Called with what is set aside now; a failure is not tried again */
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
 * Hands opens over in batches, in order and at least once: the cursor moves when a batch was
 * processed, so a restart goes on where it stood.
 *
 * A failing batch is tried again with growing pauses. When that does not help, single events show
 * whether a single event fails or everything does: as long as nothing succeeds, all
 * events wait. Once something does, the batch is halved until the events that fail are found;
 * those are set aside, and the rest goes on. Resolves when `signal` aborts.
 *
 * @throws SourceError of the source, at once
 */
export async function runBatcher<Entry extends { seq: number }>(
	options: BatcherOptions<Entry>,
): Promise<void> {
	const { source, signal, backoff = BACKOFF, random = Math.random } = options;
	let failures = 0;
	while (!signal.aborted) {
		const entries = await nextBatch(options);
		if (entries.length === 0) continue;
		const last = entries[entries.length - 1].seq;
		try {
			const opens = await source.opensOf(entries);
			if (opens.length > 0) await options.deliver(opens);
			await source.advance(last, []);
			failures = 0;
			continue;
		} catch (error) {
			if (error instanceof SourceError) throw error;
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
async function nextBatch<Entry extends { seq: number }>({
	source,
	batchSize,
	intervalMs,
	signal,
}: BatcherOptions<Entry>): Promise<Entry[]> {
	let since: number | null = null;
	for (;;) {
		if (signal.aborted) return [];
		const ready = await source.backlog(batchSize);
		if (ready > 0) since ??= Date.now();
		const waited = since !== null && Date.now() - since >= intervalMs;
		if (ready >= batchSize || (ready > 0 && waited)) {
			return await source.read(batchSize);
		}
		await pause(Math.min(LOOK_EVERY_MS, Math.max(1, intervalMs)), signal);
	}
}

/**
 * Finds the events, of those that are next, that fail by themselves.
 *
 * @returns whether these events are settled; false when nothing at all gets through
 */
async function settleOneByOne<Entry extends { seq: number }>(
	options: BatcherOptions<Entry>,
	random: () => number,
): Promise<boolean> {
	const { source, batchSize, signal } = options;
	const pool = await source.read(Math.max(batchSize, POOL));
	const through = await probe(pool, options, random);
	if (through === null || signal.aborted) return false;

	const refused: Array<Entry & RefusedOpen> = [];
	const settle = async (part: readonly Entry[]): Promise<void> => {
		if (part.length === 0 || signal.aborted) return;
		const { failure } = await tryDelivering(part, options, part.length === 1 ? TRIES_ALONE : 1);
		if (failure === null) return;
		if (part.length === 1) {
			refused.push({ ...part[0], ...failure });
			return;
		}
		const half = Math.ceil(part.length / 2);
		await settle(part.slice(0, half));
		await settle(part.slice(half));
	};
	const rest = pool.filter((entry) => entry !== through);
	for (let start = 0; start < rest.length; start += batchSize) {
		await settle(rest.slice(start, start + batchSize));
	}
	if (signal.aborted) return false;

	// Told before the cursor moves: what ends here in between is told again.
	if (refused.length > 0) {
		const told = refused.map(({ open, reason }) => ({ open, reason }));
		await options.onRefused(told).catch((error: unknown) => options.onFailure(error, 1));
	}
	await source.advance(pool[pool.length - 1].seq, refused);
	return true;
}

/** Tries single events from all over the pool. Returns the first that got through, or `null`. */
async function probe<Entry extends { seq: number }>(
	pool: readonly Entry[],
	options: BatcherOptions<Entry>,
	random: () => number,
): Promise<Entry | null> {
	const untried = [...pool];
	for (let tried = 0; tried < PROBES && untried.length > 0; ) {
		if (options.signal.aborted) return null;
		const [entry] = untried.splice(Math.floor(random() * untried.length), 1);
		const { failure, opens } = await tryDelivering([entry], options, 1);
		if (failure === null && opens > 0) return entry;
		// What is not for the workflow always gets through, and proves nothing.
		if (failure !== null) tried += 1;
	}
	return null;
}

/**
 * Delivers, at most so many times.
 *
 * @returns how many opens got through, and what became of the first one where none did
 */
async function tryDelivering<Entry extends { seq: number }>(
	entries: readonly Entry[],
	{ source, deliver }: BatcherOptions<Entry>,
	tries: number,
): Promise<{ opens: number; failure: RefusedOpen | null }> {
	let failure: RefusedOpen | null = null;
	for (let tried = 0; tried < tries; tried += 1) {
		let opens: OpenEvent[] = [];
		try {
			opens = await source.opensOf(entries);
			if (opens.length > 0) await deliver(opens);
			return { opens: opens.length, failure: null };
		} catch (error) {
			if (error instanceof SourceError) throw error;
			const reason = error instanceof Error ? error.message : String(error);
			failure = { open: opens[0] ?? null, reason };
		}
	}
	return { opens: 0, failure };
}
