/** The thread that carries the log into the store, which may be slow, far away or down. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

import { pause } from '../../async/backoff';
import { within } from '../../async/time-limit';
import { openStore, readKeys } from '../../intake/intake-settings';
import { checkKeys } from '../../intake/known-keys';
import { CollectorError } from '../config/collector-error';
import type { CollectorSettings } from '../config/settings';
import { shipLog, STORE_CONSUMER, type ShippingReport } from '../consume/shipper';
import { openCollectorLog } from '../log/collector-log';
import { COUNT_BACKLOG_TO, REPORT_EVERY_MS, runThread } from './thread';

/** The store has what was shipped; an hour later no file of the log holds it any more. */
const SCRUB_EVERY_MS = 3_600_000;
/** Below that of the listening thread: on a busy machine answers come first, the log waits. */
const PRIORITY = constants.priority.PRIORITY_BELOW_NORMAL;
/** How long to wait for a store that could not take the note for the privacy report. */
const REPORT_AGAIN_MS = 10_000;

runThread(parentPort, async (port) => {
	// Linux sets it for the calling thread; other systems would set it for the whole process.
	if (process.platform === 'linux') setPriority(PRIORITY);
	const settings = workerData as CollectorSettings;
	const log = openCollectorLog({ folder: settings.folder, durable: false });
	const { keyRing } = await readKeys(settings.keys);
	const open = async () => {
		const store = await openStore(settings.store, (message) =>
			port.problem('shipping', new CollectorError(message)),
		);
		await checkKeys(store, keyRing);
		return store;
	};
	const stopping = new AbortController();
	const state = { shipped: 0, refused: 0, failures: 0 };

	const shipping = shipLog({
		log,
		openStore: open,
		keyRing: () => keyRing,
		signal: stopping.signal,
		onShipped: (events) => {
			state.shipped += events;
			state.failures = 0;
		},
		onFailure: (error, failures) => {
			state.failures = failures;
			port.problem('shipping', error);
		},
		onRefused: (error) => {
			state.refused += 1;
			port.problem('refused', error);
		},
	});
	let setupReported = false;
	const reportingSetup = reportSetup(settings, stopping.signal, (error) =>
		port.problem('shipping', error),
	).then((done) => (setupReported = done));
	const report = (): ShippingReport => ({
		...state,
		backlog: log.backlog(STORE_CONSUMER, COUNT_BACKLOG_TO),
		usedShare: log.usedBytes() / log.maxBytes(),
	});
	port.report(report());
	const reporting = setInterval(() => port.report(report()), REPORT_EVERY_MS);
	const scrub = () => {
		try {
			log.forgetOldLetters(new Date());
			log.scrub();
		} catch (error) {
			port.problem('shipping', error);
		}
	};
	const scrubbing = setInterval(scrub, SCRUB_EVERY_MS);
	return {
		port: null,
		stop: async (limitMs) => {
			clearInterval(reporting);
			clearInterval(scrubbing);
			stopping.abort();
			// A store that hangs must not keep the process alive; what it did not confirm stays logged.
			await within<unknown>(limitMs, Promise.all([shipping, reportingSetup]), () => undefined);
			port.report(report());
			scrub();
			log.close();
			if (state.failures > 0) return;
			const store = await openStore(settings.store);
			// A destination keeps what it got.
			const places = settings.reportedSetup.filter(({ kind }) => kind === 'tracker');
			for (const { kind, id } of setupReported ? places : []) {
				await within(limitMs, store.removePart(kind, id), () => undefined).catch((error: unknown) =>
					port.problem('shipping', error),
				);
			}
			await store.close();
		},
	};
});

/**
 * Notes in the store how this collector is set up, for the privacy report. A store that is away is
 * asked again; it keeps nothing else waiting.
 *
 * @returns whether the note was made before the collector stopped
 */
async function reportSetup(
	settings: CollectorSettings,
	signal: AbortSignal,
	onFailure: (error: unknown) => void,
): Promise<boolean> {
	while (!signal.aborted) {
		try {
			const store = await openStore(settings.store);
			for (const part of settings.reportedSetup) await store.savePart(part);
			return true;
		} catch (error) {
			onFailure(error);
			await pause(REPORT_AGAIN_MS, signal);
		}
	}
	return false;
}
