/** What went wrong with the store, as a code that callers can act on. */
export type StoreErrorCode =
	| 'busy'
	| 'closed'
	| 'invalid'
	| 'newer-version'
	| 'not-found'
	| 'queue-mode'
	| 'unavailable'
	| 'failed';

/**
 * An error of the tracking store. Its message says what happened and what to do, and holds no
 * connection string, token, address or stored value; the driver's own error is not attached,
 * because PostgreSQL puts values into its `detail`.
 */
export class StoreError extends Error {
	constructor(
		readonly code: StoreErrorCode,
		message: string,
		/** What to do, where the message does not say it */
		readonly advice?: string,
	) {
		super(message);
		this.name = 'StoreError';
	}
}
