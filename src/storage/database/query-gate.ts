import { StoreError } from '../port/store-error';

/** Lets operations through until it is closed, and closes when the last one is done. */
export class QueryGate {
	readonly #running = new Set<Promise<unknown>>();
	#closing: Promise<void> | null = null;
	#why = 'The tracking store is closed. Open it again.';

	get isClosed(): boolean {
		return this.#closing !== null;
	}

	/** Runs an operation. Throws a {@link StoreError} `closed` once the gate is closed. */
	async run<T>(operation: () => Promise<T>): Promise<T> {
		if (this.#closing !== null) throw new StoreError('closed', this.#why);
		const running = operation();
		this.#running.add(running);
		try {
			return await running;
		} finally {
			this.#running.delete(running);
		}
	}

	/**
	 * Lets nothing new through, waits for what runs, then does `finish`, once.
	 *
	 * @param why the message of the error that later operations get
	 */
	close(finish: () => Promise<void>, why = this.#why): Promise<void> {
		if (this.#closing === null) {
			this.#why = why;
			this.#closing = Promise.allSettled(this.#running).then(finish);
		}
		return this.#closing;
	}
}
