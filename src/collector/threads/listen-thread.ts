/** The thread that listens. It does nothing else, so nothing can hold it up, nor can the disk. */
import { parentPort, workerData } from 'node:worker_threads';

import { createLookups } from '../../intake/lookups';
import { openStore, readKeys } from '../../intake/intake-settings';
import { createReceiveDeps } from '../../intake/receive-deps';
import { clientAddress } from '../../tracking/receive/client-address';
import { CollectorError } from '../config/collector-error';
import { newCounters } from '../config/counters';
import type { CollectorSettings } from '../config/settings';
import { startListener } from '../listen/listener';
import { createCommitQueue } from '../log/commit-queue';
import { openCollectorLog } from '../log/collector-log';
import { startLogWriter } from '../log/log-writer';
import { REPORT_EVERY_MS, runThread, type ListenReport } from './thread';

runThread(parentPort, async (port) => {
	const settings = workerData as CollectorSettings;
	if (!settings.listener) throw new CollectorError('There is nothing to listen on. Set a port.');
	const keys = await readKeys(settings.keys);
	// To see how full it is. Only the writing thread changes it.
	const { usedBytes, maxBytes, close } = openCollectorLog({
		folder: settings.folder,
		durable: false,
	});
	const writer = startLogWriter(settings.folder, (error) => {
		// Ends this thread, and with it the collector: without its log it must not answer for long.
		throw error;
	});
	const counters = newCounters();
	const queue = createCommitQueue({ append: writer.append, usedBytes, maxBytes }, { counters });
	const store = () =>
		openStore(settings.store, (message) => port.problem('lookup', new CollectorError(message)));
	// Opened before the first load, which would have to wait for it; each load tries again.
	await store().catch((error: unknown) => port.problem('lookup', error));
	const listener = await startListener(settings.listener, {
		receive: createReceiveDeps({
			signing: () => keys,
			lookups: createLookups(store),
		}),
		clientAddress,
		queue,
		counters,
		now: () => new Date(),
		onError: (what, error) => port.problem(what, error),
	});

	const report = async (): Promise<ListenReport> => ({
		counters: { ...counters },
		connections: await listener.connections(),
		held: listener.held(),
		log: queue.health(),
	});
	port.report(await report());
	const reporting = setInterval(() => void report().then(port.report), REPORT_EVERY_MS);
	return {
		port: listener.port,
		stop: async (limitMs) => {
			clearInterval(reporting);
			await listener.stop(limitMs);
			port.report({ counters, connections: 0, held: 0, log: queue.health() });
			await writer.close();
			close();
		},
	};
});
