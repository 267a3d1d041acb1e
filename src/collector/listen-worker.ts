/** The thread that listens and writes the log. It does nothing else, so nothing can hold it up. */
import { parentPort, workerData } from 'node:worker_threads';

import { loadOrCreateKeyFile } from '../key-file';
import { createReceiveDeps, type SigningKeys } from '../receive-deps';
import { clientAddress } from '../tracking/client-address';
import { parseKeyRing } from '../tracking/key-ring';
import { createCommitQueue } from './commit-queue';
import { newCounters } from './counters';
import { startListener } from './listener';
import { openLog } from './open-log';
import { STORE_CONSUMER } from './shipper';
import type { CollectorSettings, KeySettings } from './settings';
import { startThread, type ThreadReport } from './thread';

const REPORT_EVERY_MS = 500;

async function signingKeys(settings: KeySettings): Promise<SigningKeys> {
	const { maxAgeDays } = settings;
	return 'keyFolder' in settings
		? { keyRing: await loadOrCreateKeyFile(settings.keyFolder), maxAgeDays }
		: { keyRing: parseKeyRing(settings), maxAgeDays };
}

startThread(parentPort, async (port) => {
	const settings = workerData as CollectorSettings;
	const keys = await signingKeys(settings.keys);
	const log = openLog({ folder: settings.folder, durable: true });
	log.setConsumers([STORE_CONSUMER, ...settings.consumers]);
	const counters = newCounters();
	const queue = createCommitQueue(log, { maxBytes: settings.maxBytes, counters });
	const listener = await startListener(settings.listener, {
		receive: createReceiveDeps({ signing: () => keys }),
		clientAddress,
		queue,
		counters,
		now: () => new Date(),
		onError: (what, error) => port.problem(what, error),
	});

	const report = async (): Promise<ThreadReport> => ({
		counters: { ...counters },
		connections: await listener.connections(),
		log: queue.health(),
	});
	const reporting = setInterval(() => void report().then(port.report), REPORT_EVERY_MS);
	return {
		ready: { port: listener.port },
		stop: async (limitMs) => {
			await listener.stop(limitMs);
			clearInterval(reporting);
			port.report(await report());
			log.close();
		},
	};
});
