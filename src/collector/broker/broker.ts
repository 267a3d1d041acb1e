import type { OpenEvent } from '../../tracking/event/open-event';
import { CollectorError } from '../config/collector-error';

/** A message broker that opens are handed on to. */
export interface Broker {
	/**
	 * Publishes opens, over a connection that is made for it where there is none; an empty list only makes
	 * sure that they have where to go. Resolves when the broker has confirmed all of them; when it rejects, each of
	 * them may or may not be there, and publishing them again with the same ids is right.
	 *
	 * Consumers get the opens of one recipient in the given order, repeats aside.
	 *
	 * @throws BrokerRefusedError when one of them is the fault, else CollectorError
	 */
	publish(opens: readonly OpenEvent[]): Promise<void>;
	close(): Promise<void>;
}

/** The broker will never take one of these opens; others it may take. */
export class BrokerRefusedError extends CollectorError {}

/** How long a broker may take to confirm what it was sent. */
export const CONFIRM_WITHIN_MS = 10_000;
/** How long a connection may take. */
export const CONNECT_WITHIN_MS = 5_000;

/** What a message holds: the open as the store has it. */
export function messageOf(open: OpenEvent): Buffer {
	return Buffer.from(JSON.stringify(open));
}
