import { StoreError } from './store-error';

/** Lets operations through until it is closed, and closes when the last one is done. */
export class OpenGate {
	readonly #running = new Set<Promise<unknown>>();
	#closing: Promise<void> | null = null;

	/** Runs an operation. Throws a {@link StoreError} `closed` once the gate is closed. */
	async run<T>(operation: () => Promise<T>): Promise<T> {
		if (this.#closing !== null) {
			throw new StoreError('closed', 'The tracking store is closed. Open it again.');
		}
		const running = operation();
		this.#running.add(running);
		try {
			return await running;
		} finally {
			this.#running.delete(running);
		}
	}

	/** Lets nothing new through, waits for what runs, then does `finish`, once. */
	close(finish: () => Promise<void>): Promise<void> {
		this.#closing ??= Promise.allSettled(this.#running).then(finish);
		return this.#closing;
	}
}
