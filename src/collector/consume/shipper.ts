import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import { asStored, checkedOpen, domainMarks } from '../../intake/record-together';
import { StoreError } from '../../storage/port/store-error';
import type { TrackingStore } from '../../storage/port/tracking-store';
import type { OpenEvent } from '../../tracking/event/open-event';
import type { KeyRing } from '../../tracking/links/key-ring';
import { readRecord } from '../log/log-record';
import type { LogEntry, CollectorLog } from '../log/collector-log';

/** Name of the cursor of what the store has. */
export const STORE_CONSUMER = 'store';

const DEFAULT_BATCH = 500;
const LOOK_EVERY_MS = 200;
const BACKOFF: Backoff = { firstMs: 250, longestMs: 30_000 };

/** How the shipping is going. */
export interface ShippingReport {
	/** Events that the store has taken */
	shipped: number;
	/** Events that the store will never take; they are dead letters */
	refused: number;
	/** Failures in a row; 0 while the store takes events */
	failures: number;
	/** Events that the store does not have yet */
	backlog: number;
	/** Used part of the size that the log may have, 0 to 1 and a little more */
	usedShare: number;
}

export interface ShipperOptions {
	log: Pick<CollectorLog, 'read' | 'advance' | 'setAside'>;
	/** Opens the store; called again after a failure */
	openStore(): Promise<Pick<TrackingStore, 'recordUnlessErased' | 'recordImageHeld'>>;
	/** The keys in force; read for each batch */
	keyRing(): KeyRing;
	/** Ends the shipping; what was not shipped stays in the log */
	signal: AbortSignal;
	/** Called after each batch */
	onShipped(events: number): void;
	/** Called at each failure, with the number of failures in a row */
	onFailure(error: unknown, failures: number): void;
	/** Called with opens that the store has taken, as it has them */
	onRecorded?(opens: OpenEvent[]): void;
	/** Called for an event that the store will never take; it is a dead letter now */
	onRefused(error: unknown): void;
	/** How long to wait between tries */
	backoff?: Backoff;
	/** The most entries that go to the store at once */
	batchSize?: number;
}

/**
 * Carries the log into the store, batch by batch and in order. The cursor moves after the store
 * has committed: a crash in between repeats a batch, and the store knows its events by their id.
 * While the store is away the log keeps everything. Resolves when `signal` aborts.
 */
export async function shipLog(options: ShipperOptions): Promise<void> {
	const { log, signal, backoff = BACKOFF, batchSize = DEFAULT_BATCH } = options;
	let failures = 0;
	while (!signal.aborted) {
		try {
			const entries = log.read(STORE_CONSUMER, batchSize);
			if (entries.length > 0) await shipBatch(entries, options);
			failures = 0;
			if (entries.length < batchSize) await pause(LOOK_EVERY_MS, signal);
		} catch (error) {
			failures += 1;
			options.onFailure(error, failures);
			await pause(pauseAfter(failures, backoff, Math.random()), signal);
		}
	}
}

async function shipBatch(entries: readonly LogEntry[], options: ShipperOptions): Promise<void> {
	const store = await options.openStore();
	const last = entries[entries.length - 1].seq;
	try {
		const records = entries.map(({ event }) => readRecord(event));
		const keyRing = options.keyRing();
		const opens = records.flatMap((record) =>
			'open' in record ? [checkedOpen({ event: record.open, load: record.burst }, keyRing)] : [],
		);
		const times = records.flatMap((record) => ('imageHeld' in record ? [record.imageHeld] : []));
		const notes = records.flatMap((record) => ('looked' in record ? [record.looked] : []));
		if (opens.length + notes.length > 0) {
			const markOf = domainMarks(keyRing);
			const { knowledge } = await store.recordUnlessErased(opens, { notes, markOf });
			options.onRecorded?.(asStored(opens, knowledge));
		}
		// They stand behind their opens in the log, so the store has those by now.
		if (times.length > 0) await store.recordImageHeld(times);
		options.log.advance(STORE_CONSUMER, last);
		options.onShipped(entries.length);
	} catch (error) {
		// Any other failure may pass; an event that the store finds invalid stays so.
		if (!isRefusal(error)) throw error;
		if (entries.length === 1) {
			const reason = error instanceof Error ? error.message : String(error);
			options.log.setAside(STORE_CONSUMER, [{ ...entries[0], reason }], last, new Date());
			options.onRefused(error);
			return;
		}
		const half = Math.ceil(entries.length / 2);
		await shipBatch(entries.slice(0, half), options);
		await shipBatch(entries.slice(half), options);
	}
}

function isRefusal(error: unknown): boolean {
	return error instanceof SyntaxError || (error instanceof StoreError && error.code === 'invalid');
}
