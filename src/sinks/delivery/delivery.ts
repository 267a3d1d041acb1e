import type { Backoff } from '../../async/backoff';
import type { OpenEvent } from '../../tracking/event/open-event';
import type { CredentialValues, SinkRequest, SinkResponse } from '../sink';
import type { SinkOptions } from '../sink-parameters';
import type { FieldOverride } from './field-override';

/** One event on its way to a destination. */
export interface SinkItem {
	event: OpenEvent;
	/** The user's own values over the mapped record */
	overrides?: readonly FieldOverride[];
}

/** What became of one event. `retryable`: it was not taken, and may be sent again later. */
export type Delivery =
	| { status: 'delivered' }
	| { status: 'skipped'; reason: string }
	| { status: 'rejected'; reason: string }
	| { status: 'retryable'; reason: string };

export interface DeliverSettings {
	/** As `readOptions` gives them */
	options: SinkOptions;
	credential: CredentialValues;
	/** Records per request; the limit of the destination where that is lower */
	batchSize: number;
	/** Requests under way at once, 1 or more */
	concurrency: number;
	/** How often one record is sent at most, 1 or more */
	maxAttempts: number;
	/** Milliseconds one request may take */
	timeoutMs: number;
	/** Milliseconds the whole call may take; what is not done by then is `retryable` */
	maxTotalMs: number;
	/** Pauses before the next attempts, where the destination does not ask for longer ones */
	backoff: Backoff;
}

export interface DeliverDeps {
	/** Sends with the credential's login; rejects when there is no answer */
	send(request: SinkRequest): Promise<SinkResponse>;
	/** Waits that many milliseconds; rejects when nothing more is to be sent */
	sleep(ms: number): Promise<void>;
	/** From 0 to below 1 */
	random(): number;
	now(): Date;
}
