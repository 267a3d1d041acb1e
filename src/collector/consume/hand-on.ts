import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { BrokerRefusedError, type Broker } from '../broker/broker';
import type { CollectorLog, LogEntry } from '../log/collector-log';
import { readRecord } from '../log/log-record';
import { STORE_CONSUMER } from './shipper';

/** Name of the cursor of what the broker has. */
export const BROKER_CONSUMER = 'broker';

const DEFAULT_BATCH = 500;
const LOOK_EVERY_MS = 200;
const BACKOFF: Backoff = { firstMs: 250, longestMs: 30_000 };

/** How the handing on is going. */
export interface HandingOnReport {
	/** Opens that the broker has confirmed */
	handedOn: number;
	/** Opens that the store has no row of, so that there is nothing to hand on */
	leftOut: number;
	/** Opens that the broker will never take; they are dead letters */
	refused: number;
	/** Failures in a row; 0 while the broker takes opens */
	failures: number;
	/** Entries of the log that the broker does not have yet */
	backlog: number;
}

export interface HandOnOptions {
	log: Pick<CollectorLog, 'read' | 'advance' | 'setAside'>;
	/** Opens the store; called for each batch */
	openStore(): Promise<Pick<TrackingStore, 'findOpens'>>;
	broker: Pick<Broker, 'publish'>;
	/** Ends the work; what was not handed on stays in the log */
	signal: AbortSignal;
	/** Called after each batch */
	onHandedOn(opens: number, leftOut: number): void;
	/** Called at each failure, with the number of failures in a row */
	onFailure(error: unknown, failures: number): void;
	/** Called for an open that the broker will never take; it is a dead letter now */
	onRefused(error: unknown): void;
	backoff?: Backoff;
	/** The most entries that are handed on at once */
	batchSize?: number;
}

/**
 * Hands the log on to a broker, batch by batch and in order, behind the store: what it gets is the
 * open as the store has it. So nobody gets what the store may not keep, an erased person's open or
 * more than a pixel allows, and everybody gets what the store alone knows: whether it is a first open,
 * and the label of a burst.
 *
 * The cursor moves after the broker has confirmed: a crash in between repeats a batch, with the same
 * ids. While the broker is away the log keeps everything, and the store goes on. Resolves when
 * `signal` aborts.
 */
export async function handOnLog(options: HandOnOptions): Promise<void> {
	const { log, signal, backoff = BACKOFF, batchSize = DEFAULT_BATCH } = options;
	let failures = 0;
	let isReady = false;
	while (!signal.aborted) {
		try {
			// Before the first open, so that what is set up wrong shows at the start, and consumers find the queue.
			if (!isReady) await options.broker.publish([]);
			isReady = true;
			const entries = log.read(BROKER_CONSUMER, batchSize, STORE_CONSUMER);
			if (entries.length > 0) await handOnBatch(entries, options);
			failures = 0;
			if (entries.length < batchSize) await pause(LOOK_EVERY_MS, signal);
		} catch (error) {
			failures += 1;
			options.onFailure(error, failures);
			await pause(pauseAfter(failures, backoff, Math.random()), signal);
		}
	}
}

async function handOnBatch(entries: readonly LogEntry[], options: HandOnOptions): Promise<void> {
	const last = entries[entries.length - 1].seq;
	const ids = entries.flatMap(({ event }) => eventIdOf(event) ?? []);
	const stored = ids.length === 0 ? [] : await (await options.openStore()).findOpens(ids);
	try {
		if (stored.length > 0) await options.broker.publish(stored);
	} catch (error) {
		if (!(error instanceof BrokerRefusedError)) throw error;
		if (entries.length === 1) {
			options.log.setAside(
				BROKER_CONSUMER,
				[{ ...entries[0], reason: error.message }],
				last,
				new Date(),
			);
			options.onRefused(error);
			return;
		}
		const half = Math.ceil(entries.length / 2);
		await handOnBatch(entries.slice(0, half), options);
		await handOnBatch(entries.slice(half), options);
		return;
	}
	options.log.advance(BROKER_CONSUMER, last);
	options.onHandedOn(stored.length, ids.length - stored.length);
}

/** `null` for what is no open: other records, and what nobody can read, which the store refused. */
function eventIdOf(text: string): string | null {
	try {
		const record = readRecord(text);
		return 'open' in record ? record.open.eventId : null;
	} catch {
		return null;
	}
}
