import { pino } from 'pino';

import { within } from '../../async/time-limit';
import { KeyError, openStore, readKeys } from '../../intake/intake-settings';
import { StoreError } from '../../storage/port/store-error';
import { ClickHouseError } from '../archive/click-house';
import { runArchive } from '../archive/run-archive';
import { CollectorError } from '../config/collector-error';
import { ARCHIVE_HELP, readArchiveOptions, type ArchiveOptions } from './archive-options';
import { logStream } from './log-stream';

/**
 * The command `archive`: keeps a table in ClickHouse up to date with the store until SIGTERM or
 * SIGINT, or once. Logs as `collect` does; no line holds an id, a token or an address.
 *
 * @returns the exit code: 0 done or stopped by a signal, 1 failed, 2 wrong arguments
 */
export async function archive(args: readonly string[]): Promise<number> {
	let options: ArchiveOptions | null;
	try {
		options = readArchiveOptions(args, process.env);
	} catch (error) {
		if (!(error instanceof CollectorError)) throw error;
		process.stderr.write(`${error.message}\n`);
		return 2;
	}
	if (options === null) {
		process.stdout.write(ARCHIVE_HELP);
		return 0;
	}
	try {
		await run(options);
		return 0;
	} catch (error) {
		if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
		process.stderr.write(`${(error as Error).message}\n`);
		return 1;
	}
}

/** How long the store may take to be closed. */
const CLOSE_MS = 3000;
const EXPECTED = [ClickHouseError, CollectorError, KeyError, StoreError];

async function run({ settings, keys }: ArchiveOptions): Promise<void> {
	const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, logStream());
	const stopping = new AbortController();
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, () => {
			log.info({ signal }, 'stopping');
			stopping.abort();
		});
	}
	const { keyRing } = await readKeys(keys);
	const watcher = {
		onReady: () => log.info({ table: settings.table.name }, 'archiving'),
		onCopied: (opens: number) => log.info({ opens }, 'copied'),
		onRemoved: (removed: object) => log.info(removed, 'removed'),
		onAway: (message: string) => log.warn({}, message),
		onBack: () => log.info({}, 'going on'),
	};
	try {
		await runArchive(settings, keyRing, watcher, stopping.signal);
		log.info({}, settings.once && !stopping.signal.aborted ? 'done' : 'stopped');
	} finally {
		const closing = openStore(settings.store).then(async (store) => store.close());
		// One that is away has nothing to be closed.
		await within(CLOSE_MS, closing, () => undefined).catch(() => undefined);
	}
}
