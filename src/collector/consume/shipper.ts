import { asStored, checkedOpen, domainMarks } from '../../intake/record-together';
import { StoreError } from '../../storage/port/store-error';
import type { TrackingStore } from '../../storage/port/tracking-store';
import type { OpenEvent } from '../../tracking/event/open-event';
import type { KeyRing } from '../../tracking/links/key-ring';
import { readRecord } from '../log/log-record';
import { carryLog, type CarryOptions } from './carry-log';

/** Name of the cursor of what the store has. */
export const STORE_CONSUMER = 'store';

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

export interface ShipperOptions extends CarryOptions {
	/** Opens the store; called again after a failure */
	openStore(): Promise<Pick<TrackingStore, 'recordUnlessErased' | 'recordImageHeld'>>;
	/** The keys in force; read for each batch */
	keyRing(): KeyRing;
	/** Called after each batch */
	onShipped(events: number): void;
	/** Called with opens that the store has taken, as it has them */
	onRecorded?(opens: OpenEvent[]): void;
}

/**
 * Carries the log into the store, batch by batch and in order. The cursor moves after the store
 * has committed: a crash in between repeats a batch, and the store knows its events by their id.
 * While the store is away the log keeps everything. Resolves when `signal` aborts.
 */
export async function shipLog(options: ShipperOptions): Promise<void> {
	await carryLog(options, {
		consumer: STORE_CONSUMER,
		open: async () => await options.openStore(),
		deliver: async (entries, store) => {
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
			return () => options.onShipped(entries.length);
		},
		isRefusal,
	});
}

/** Any other failure may pass; an event that the store finds invalid stays so. */
function isRefusal(error: unknown): error is Error {
	return error instanceof SyntaxError || (error instanceof StoreError && error.code === 'invalid');
}
