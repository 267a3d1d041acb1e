import { pino } from 'pino';

import { KeyError, openStore, readKeys } from '../../intake/intake-settings';
import { checkKeys } from '../../intake/known-keys';
import { CollectorError } from '../config/collector-error';
import type { CollectorSettings } from '../config/settings';
import { startCollector } from '../threads/collector';
import { startAdminServer } from '../watch/admin-server';
import { watchLog } from '../watch/log-alarm';
import { COLLECT_HELP, readCollectOptions, type CollectOptions } from './collect-options';
import { logStream } from './log-stream';

/** How long the store may take to tell whether it knows the keys. */
const CHECK_KEYS_MS = 3000;
/** How long requests under way may take after SIGTERM. Docker kills after 10 s. */
const DRAIN_MS = 3000;

/**
 * The command `collect`: runs a collector until SIGTERM or SIGINT, then drains. Logs on
 * standard output, readable lines in a terminal and JSON elsewhere; no line holds an id, a token or an address.
 *
 * @returns the exit code: 0 stopped by a signal, 1 failed, 2 wrong arguments
 */
export async function collect(args: readonly string[]): Promise<number> {
	let options: CollectOptions | null;
	try {
		options = readCollectOptions(args, process.env);
	} catch (error) {
		if (!(error instanceof CollectorError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return 2;
	}
	if (options === null) {
		process.stdout.write(COLLECT_HELP);
		return 0;
	}
	try {
		return await run(options);
	} catch (error) {
		if (!(error instanceof CollectorError || error instanceof KeyError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return 1;
	}
}

async function run({ settings, admin }: CollectOptions): Promise<number> {
	const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, logStream());
	const signalled = new Promise<string>((resolve) => {
		for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
	});
	await refuseOtherKeys(settings);
	let stopping = false;
	const collector = await startCollector(settings, {
		onProblem: (what, message, times) => log.warn({ problem: what, times }, message),
	});
	const unwatch = watchLog(collector, (level, message, numbers) => log[level](numbers, message));
	try {
		const adminServer =
			admin && (await startAdminServer(admin, collector, settings.maxBytes, () => stopping));
		log.info({ port: collector.port, adminPort: adminServer?.port }, 'collecting');
		const ended = await Promise.race([signalled, collector.crashed]);
		stopping = true;
		if (typeof ended !== 'string') log.fatal({}, ended.message);
		else log.info({ signal: ended }, 'stopping');
		await collector.stop(DRAIN_MS);
		await adminServer?.stop();
		const report = collector.listening();
		const unwritten = report?.log.waiting ?? 0;
		const numbers = { recorded: report?.counters.recorded, unwritten };
		if (unwritten > 0) log.error(numbers, 'stopped; opens that could not be written are lost');
		else log.info(numbers, 'stopped');
		return typeof ended === 'string' && unwritten === 0 ? 0 : 1;
	} catch (error) {
		await collector.stop(DRAIN_MS);
		throw error;
	} finally {
		unwatch();
	}
}

/**
 * Keeps a collector from starting with other keys than its store was used with. A store that is
 * away is no reason not to start: it is asked again before anything is written.
 */
async function refuseOtherKeys(settings: CollectorSettings): Promise<void> {
	const { keyRing } = await readKeys(settings.keys);
	const check = async () => {
		const store = await openStore(settings.store);
		await checkKeys(store, keyRing).finally(() => store.close());
	};
	const giveUp = new Promise((resolve) => setTimeout(resolve, CHECK_KEYS_MS).unref());
	await Promise.race([check(), giveUp]).catch((error: unknown) => {
		if (error instanceof KeyError) throw error;
	});
}
