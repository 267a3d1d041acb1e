/** The thread that writes the log and waits for the disk, while the listening thread goes on. */
import { parentPort, workerData } from 'node:worker_threads';

import { openCollectorLog } from '../log/collector-log';
import type { Written } from '../log/log-writer';

const log = openCollectorLog({ folder: workerData as string, durable: true });

parentPort?.on('message', (events: readonly string[] | null) => {
	if (events === null) {
		log.close();
		parentPort?.close();
		return;
	}
	let answer: Written = null;
	try {
		log.append(events);
	} catch (error) {
		answer = error instanceof Error ? error.message : String(error);
	}
	parentPort?.postMessage(answer);
});
