import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { StoreError } from '../../port/store-error';
import { isBusy, sqliteCode, sqliteText } from './node-sqlite';

/**
 * What the thread runs. It is text because a thread starts from a file of JavaScript, and tests run
 * the sources. `mode=rw` makes no new file where the old one has been deleted.
 */
const IN_THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const { url, timeout } = workerData;
let failure = null;
try {
	const database = new DatabaseSync(new URL(url), { timeout });
	try {
		database.exec('pragma secure_delete = on; pragma synchronous = full; vacuum; pragma wal_checkpoint(truncate)');
	} finally {
		database.close();
	}
} catch ({ errcode, errstr }) {
	failure = { errcode, errstr };
}
parentPort.postMessage(failure);
`;

/**
 * Writes every page of a database file anew. `secure_delete` clears what is deleted, and not the
 * copies that SQLite leaves in the free space of pages when it moves rows and entries of an index to
 * other pages (https://www.sqlite.org/lang_vacuum.html). It takes about six seconds per gigabyte, in a
 * thread of its own; meanwhile others read, and writers wait.
 *
 * @param lockLimitMs how long it waits for writers, in milliseconds
 * @throws what is busy as SQLite says it, and a StoreError for everything else
 */
export async function rewriteFile(path: string, lockLimitMs: number): Promise<void> {
	const worker = new Worker(IN_THREAD, {
		eval: true,
		execArgv: ['--disable-warning=ExperimentalWarning'],
		workerData: { url: `${pathToFileURL(path).href}?mode=rw`, timeout: lockLimitMs },
	});
	const failure = await new Promise<unknown>((resolve, reject) => {
		worker.once('message', resolve);
		worker.once('error', reject);
		worker.once('exit', () =>
			reject(new Error('The thread that writes the file anew ended early.')),
		);
	});
	if (failure === null) return;
	if (isBusy(failure)) throw failure;
	throw new StoreError(
		'failed',
		`What was to be deleted is deleted. Copies of it may be left in the free space of the store's file, because it could not be written anew (SQLite ${sqliteCode(failure)}: ${sqliteText(failure)}). Free twice as much disk space as the file takes, and run the nightly retention again.`,
	);
}
