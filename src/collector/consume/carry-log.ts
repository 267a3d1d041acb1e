import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import type { CollectorLog, LogEntry } from '../log/collector-log';

const DEFAULT_BATCH = 500;
const LOOK_EVERY_MS = 200;
const BACKOFF: Backoff = { firstMs: 250, longestMs: 30_000 };

/** What everybody who carries a log says. */
export interface CarryOptions {
	log: Pick<CollectorLog, 'read' | 'advance' | 'setAside'>;
	/** Ends the work; what was not carried stays in the log */
	signal: AbortSignal;
	/** Called at each failure, with the number of failures in a row */
	onFailure(error: unknown, failures: number): void;
	/** Called for an entry that will never be taken; it is a dead letter now */
	onRefused(error: unknown): void;
	/** How long to wait between tries */
	backoff?: Backoff;
	/** The most entries that are carried at once */
	batchSize?: number;
}

/** Where the entries go. */
interface Carrier<Place> {
	/** Name of the cursor of what was carried */
	consumer: string;
	/** Name of the cursor that it stays behind */
	behind?: string;
	/** Called before the first entry, until it works */
	begin?(): Promise<void>;
	/** Called for each batch */
	open(): Promise<Place>;
	/**
	 * Delivers a batch, which may come again.
	 *
	 * @returns tells of it, once the cursor has moved
	 */
	deliver(entries: readonly LogEntry[], place: Place): Promise<() => void>;
	/** Whether a failure of `deliver` will not pass */
	isRefusal(error: unknown): error is Error;
}

/**
 * Carries a log elsewhere, batch by batch and in order. The cursor moves after a batch was delivered:
 * a crash in between repeats it. After a failure the log keeps everything and is tried again, with
 * growing pauses. A batch that is refused is halved until the entry stands alone that is the
 * reason. Resolves when `signal` aborts.
 */
export async function carryLog<Place>(
	options: CarryOptions,
	carrier: Carrier<Place>,
): Promise<void> {
	const { log, signal, backoff = BACKOFF, batchSize = DEFAULT_BATCH } = options;
	const { consumer, behind } = carrier;
	let failures = 0;
	let hasBegun = false;
	while (!signal.aborted) {
		try {
			if (!hasBegun) await carrier.begin?.();
			hasBegun = true;
			const entries = log.read(consumer, batchSize, behind);
			if (entries.length > 0) await carryBatch(entries, options, carrier);
			failures = 0;
			if (entries.length < batchSize) await pause(LOOK_EVERY_MS, signal);
		} catch (error) {
			failures += 1;
			options.onFailure(error, failures);
			await pause(pauseAfter(failures, backoff, Math.random()), signal);
		}
	}
}

async function carryBatch<Place>(
	entries: readonly LogEntry[],
	options: CarryOptions,
	carrier: Carrier<Place>,
): Promise<void> {
	const { log, onRefused } = options;
	const place = await carrier.open();
	const last = entries[entries.length - 1].seq;
	let tell: () => void;
	try {
		tell = await carrier.deliver(entries, place);
	} catch (error) {
		if (!carrier.isRefusal(error)) throw error;
		if (entries.length > 1) {
			const half = Math.ceil(entries.length / 2);
			await carryBatch(entries.slice(0, half), options, carrier);
			await carryBatch(entries.slice(half), options, carrier);
			return;
		}
		log.setAside(carrier.consumer, [{ ...entries[0], reason: error.message }], last, new Date());
		onRefused(error);
		return;
	}
	log.advance(carrier.consumer, last);
	tell();
}
