import { join, parse } from 'node:path';
import { Worker } from 'node:worker_threads';

import { within } from '../../async/time-limit';
import { CollectorError } from '../config/collector-error';
import type { CollectorSettings } from '../config/settings';
import { BROKER_CONSUMER, type HandingOnReport } from '../consume/hand-on';
import { STORE_CONSUMER, type ShippingReport } from '../consume/shipper';
import { lockFolder, openCollectorLog } from '../log/collector-log';
import type { FromThread, ListenReport, Problem, ToThread } from './thread';

/** A collector at work in threads of this process. */
export interface Collector {
	/** The port it listens on; `null` when it only carries the log into the store */
	port: number | null;
	/** The latest word of the listening thread, at most a second old; `null` when there is none */
	listening(): ListenReport | null;
	/** The latest word of the shipping thread */
	shipping(): ShippingReport | null;
	/** The latest word of the thread that hands opens on; `null` when there is none */
	handingOn(): HandingOnReport | null;
	/** Resolves when a thread ended that nobody stopped, with the reason */
	crashed: Promise<CollectorError>;
	/** Takes no more requests, answers those under way, writes everything down, ends the threads. */
	stop(limitMs?: number): Promise<void>;
}

export interface CollectorEvents {
	/** Something an operator should know; `times` says how often it happened since the last word */
	onProblem(what: Problem, message: string, times: number): void;
}

const STOP_WITHIN_MS = 5000;
/** Room of each thread for what it soon forgets. With the default they stop too often to clear it. */
const YOUNG_MB = 128;

/**
 * Starts a collector in threads of this process: one listens and logs, one ships the log to the
 * store, and one hands it on to a broker, if there is one. The loop of the calling thread stays free.
 *
 * @throws CollectorError when the folder has a collector already (FolderLockedError), or the port
 *   cannot be used
 */
export async function startCollector(
	settings: CollectorSettings,
	events: CollectorEvents,
): Promise<Collector> {
	const unlock = lockFolder(settings.folder);
	const threads: Thread<unknown>[] = [];
	const stopAll = async (limitMs: number): Promise<void> => {
		// In order: what the listener still writes can go to the store with the last batch.
		for (const thread of threads) await thread.stop(limitMs);
		unlock();
	};
	try {
		setUpLog(settings);
		let listen: Thread<ListenReport> | null = null;
		if (settings.listener) {
			listen = await startThread<ListenReport>('listen-thread.js', settings, events);
			threads.push(listen);
		}
		const ship = await startThread<ShippingReport>('ship-thread.js', settings, events);
		threads.push(ship);
		let handOn: Thread<HandingOnReport> | null = null;
		if (settings.broker) {
			handOn = await startThread<HandingOnReport>('broker-thread.js', settings, events);
			threads.push(handOn);
		}
		return {
			port: listen?.port ?? null,
			listening: () => listen?.report() ?? null,
			shipping: ship.report,
			handingOn: () => handOn?.report() ?? null,
			crashed: Promise.race(threads.map(({ crashed }) => crashed)),
			stop: async (limitMs = STOP_WITHIN_MS) => await stopAll(limitMs),
		};
	} catch (error) {
		await stopAll(STOP_WITHIN_MS);
		throw error;
	}
}

function setUpLog({ folder, consumers, broker, maxBytes }: CollectorSettings): void {
	const log = openCollectorLog({ folder, durable: true });
	try {
		log.setConsumers([STORE_CONSUMER, ...(broker ? [BROKER_CONSUMER] : []), ...consumers]);
		log.setMaxBytes(maxBytes);
	} finally {
		log.close();
	}
}

interface Thread<Report> {
	port: number | null;
	report(): Report | null;
	crashed: Promise<CollectorError>;
	stop(limitMs: number): Promise<void>;
}

async function startThread<Report>(
	file: string,
	settings: CollectorSettings,
	events: CollectorEvents,
): Promise<Thread<Report>> {
	const worker = new Worker(join(__dirname, file), {
		// What the system calls the thread, so that an operator sees which one is busy.
		name: parse(file).name,
		workerData: settings,
		resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
	});
	let report: Report | null = null;
	let stopping = false;
	let thrown: string | null = null;
	let reportCrash: (error: CollectorError) => void;
	const crashed = new Promise<CollectorError>((resolve) => (reportCrash = resolve));
	const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

	const port = await new Promise<number | null>((resolve, reject) => {
		worker.on('message', (message: FromThread) => {
			if (message.type === 'ready') resolve(message.port);
			else if (message.type === 'failed') {
				reject(new CollectorError(message.message));
				void worker.terminate();
			} else if (message.type === 'report') report = message.report as Report;
			else if (message.type === 'problem') {
				events.onProblem(message.what, message.message, message.times);
			}
		});
		// The message of an error that nobody expected may quote anything, so only its name goes on.
		worker.once('error', (error) => (thrown = error instanceof Error ? error.name : 'error'));
		worker.once('exit', () => {
			const error = new CollectorError(
				`A thread of the collector ended by itself (${thrown ?? 'no error'}). Start the collector again.`,
			);
			reject(error);
			if (!stopping) reportCrash(error);
		});
	});

	return {
		port,
		report: () => report,
		crashed,
		stop: async (limitMs) => {
			stopping = true;
			const message: ToThread = { type: 'stop', limitMs };
			worker.postMessage(message);
			await within(limitMs * 2 + 1000, exited, async () => void (await worker.terminate()));
		},
	};
}
