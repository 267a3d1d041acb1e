import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { CollectorError } from '../config/collector-error';

/** What the writing thread answers: `null` when the entries are on disk, or why they are not. */
export type Written = string | null;

/** Writes the log in a thread of its own, so that nobody else waits for the disk. */
export interface LogWriter {
	/**
	 * Writes entries in one transaction, as `CollectorLog.append` does.
	 *
	 * @returns resolves when they are on disk
	 */
	append(events: readonly string[]): Promise<void>;
	/** Ends the thread, after what it was given before. */
	close(): Promise<void>;
}

/**
 * Starts the writing thread of a log.
 *
 * @param folder of the log
 * @param onEnd called when the thread ended by itself; nothing more is written then
 */
export function startLogWriter(folder: string, onEnd: (error: CollectorError) => void): LogWriter {
	const worker = new Worker(join(__dirname, '..', 'threads', 'write-thread.js'), {
		name: 'write-thread',
		workerData: folder,
	});
	// It answers in order.
	const waiting: Array<{ resolve(): void; reject(error: unknown): void }> = [];
	let closing = false;
	let thrown: string | null = null;
	worker.on('message', (failure: Written) => {
		const asked = waiting.shift();
		if (failure === null) asked?.resolve();
		else asked?.reject(new Error(failure));
	});
	worker.once('error', (error) => (thrown = error instanceof Error ? error.name : 'error'));
	const ended = new Promise<void>((resolve) =>
		worker.once('exit', () => {
			const error = new CollectorError(
				`The thread that writes the log ended by itself (${thrown ?? 'no error'}). Start the collector again.`,
			);
			for (const { reject } of waiting.splice(0)) reject(error);
			resolve();
			if (!closing) onEnd(error);
		}),
	);
	return {
		append: (events) =>
			new Promise((resolve, reject) => {
				waiting.push({ resolve, reject });
				worker.postMessage(events);
			}),
		close: async () => {
			closing = true;
			worker.postMessage(null);
			await ended;
		},
	};
}
