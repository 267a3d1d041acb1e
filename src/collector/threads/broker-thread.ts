/** The thread that hands opens on to a broker, which may be slow, far away or down. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

import { within } from '../../async/time-limit';
import { openStore } from '../../intake/intake-settings';
import { openBroker } from '../broker/open-broker';
import { CollectorError } from '../config/collector-error';
import type { CollectorSettings } from '../config/settings';
import { BROKER_CONSUMER, handOnLog, type HandingOnReport } from '../consume/hand-on';
import { openCollectorLog } from '../log/collector-log';
import { COUNT_BACKLOG_TO, REPORT_EVERY_MS, runThread } from './thread';

runThread(parentPort, async (port) => {
	// Linux sets it for the calling thread; other systems would set it for the whole process.
	if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
	const settings = workerData as CollectorSettings;
	if (!settings.broker) throw new CollectorError('There is no broker to hand opens on to.');
	const broker = await openBroker(settings.broker);
	const log = openCollectorLog({ folder: settings.folder, durable: false });
	const stopping = new AbortController();
	const state = { handedOn: 0, leftOut: 0, refused: 0, failures: 0 };

	const handingOn = handOnLog({
		log,
		openStore: async () => await openStore(settings.store),
		broker,
		signal: stopping.signal,
		onHandedOn: (opens, leftOut) => {
			state.handedOn += opens;
			state.leftOut += leftOut;
			state.failures = 0;
		},
		onFailure: (error, failures) => {
			state.failures = failures;
			// Told once; the metrics say whether it goes on.
			if (failures === 1) port.problem('handing-on', error);
		},
		onRefused: (error) => {
			state.refused += 1;
			port.problem('refused', error);
		},
	});
	const report = (): HandingOnReport => ({
		...state,
		backlog: log.backlog(BROKER_CONSUMER, COUNT_BACKLOG_TO),
	});
	port.report(report());
	const reporting = setInterval(() => port.report(report()), REPORT_EVERY_MS);
	return {
		port: null,
		stop: async (limitMs) => {
			clearInterval(reporting);
			stopping.abort();
			// A broker that says nothing must not keep the process alive; what it did not confirm stays logged.
			await within<unknown>(limitMs, handingOn, () => undefined);
			port.report(report());
			await broker.close();
			log.close();
			const closing = openStore(settings.store).then(async (store) => await store.close());
			// One that is away has nothing to be closed.
			await within(limitMs, closing, () => undefined).catch(() => undefined);
		},
	};
});
