import type { TrackingStore } from '../../storage/port/tracking-store';
import type { OpenEvent } from '../../tracking/event/open-event';
import { BrokerRefusedError, type Broker } from '../broker/broker';
import { readRecord } from '../log/log-record';
import { carryLog, type CarryOptions } from './carry-log';
import { STORE_CONSUMER } from './shipper';

/** Name of the cursor of what the broker has. */
export const BROKER_CONSUMER = 'broker';

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

export interface HandOnOptions extends CarryOptions {
	/** Opens the store; called for each batch */
	openStore(): Promise<Pick<TrackingStore, 'findOpens'>>;
	broker: Pick<Broker, 'publish'>;
	/** Called after each batch */
	onHandedOn(opens: number, leftOut: number): void;
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
	const { broker } = options;
	await carryLog(options, {
		consumer: BROKER_CONSUMER,
		behind: STORE_CONSUMER,
		// Before the first open, so that what is set up wrong shows at the start, and consumers find the queue.
		begin: async () => await broker.publish([]),
		open: async () => await options.openStore(),
		deliver: async (entries, store) => {
			const opens = entries.flatMap(({ event }) => openOf(event) ?? []);
			const stored = opens.length === 0 ? [] : await store.findOpens(opens);
			if (stored.length > 0) await broker.publish(stored);
			return () => options.onHandedOn(stored.length, opens.length - stored.length);
		},
		isRefusal: (error) => error instanceof BrokerRefusedError,
	});
}

/** `null` for what is no open: other records, and what nobody can read, which the store refused. */
function openOf(text: string): OpenEvent | null {
	try {
		const record = readRecord(text);
		return 'open' in record ? record.open : null;
	} catch {
		return null;
	}
}
