import { statSync } from 'node:fs';

import { Kysely, sql } from 'kysely';
import type { DatabaseSync } from 'node:sqlite';

import { pause, retry, type Backoff } from '../../../async/backoff';
import { StoreError } from '../../port/store-error';
import { QueryGate } from '../query-gate';
import { makePrivateFile } from '../private-file';
import type { StoreDatabase } from '../store-database';
import type { StoreSchema } from '../store-schema';
import {
	asKyselyDatabase,
	isBusy,
	NodeSqliteDialect,
	SQLITE_BUSY,
	sqliteCode,
	sqliteText,
} from './node-sqlite';
import { rewriteFile } from './rewrite-file';
import { watchFile, writeAgain, type FileState } from './watched-file';

/**
 * How long SQLite itself waits for a lock. `node:sqlite` blocks the event loop meanwhile, so it is
 * short; the waiting that matters happens between tries, with the loop free.
 */
const BUSY_TIMEOUT_MS = 5;
const CACHE_KIB = 32 * 1024;
/** Pages of 4 KiB in the write-ahead log, after which it is written back: 32 MiB */
const LOG_PAGES = 8000;
const BACKOFF: Backoff = { firstMs: 10, longestMs: 200 };
const WATCH_EVERY_MS = 15_000;
/** Written anew in less than half a second. */
const SOON_BYTES = 64 * 1024 * 1024;

const DELETED =
	'The file of the tracking store was deleted while n8n was running, and was written again from what n8n still had open. Nothing is lost. Find out what deletes it.';
const REPLACED =
	'The file of the tracking store is not the one that n8n had open: it was replaced. From here on n8n works on the one that is there now. What was written since then and is not in it is lost.';
const NOT_YET =
	'The file of the tracking store was deleted while n8n was running, and could not be written again yet';
const KEEP_RUNNING =
	'Make its folder writable and the disk not full, and do not stop n8n, which still has all of it open and goes on trying.';
const LOST =
	'The file of the tracking store was deleted or replaced while n8n was running. The store is opened again; try again.';

export interface SqliteOptions {
	/** Path of the database file; it and its folder are made when missing. */
	path: string;
	/** How long a read or write may wait for another process's lock, in milliseconds. */
	lockLimitMs?: number;
	/** Gets a sentence for the operator when the file is gone, and about what became of it */
	tell?(message: string): void;
	/** Called when the database closed itself because of that; opened again, it is well */
	onLost?(): void;
	/** How often that is looked at, in milliseconds, besides before each write */
	watchEveryMs?: number;
	/** Up to which size the file is written anew after an erasure, in bytes; a larger one at night */
	soonBytes?: number;
}

/**
 * Opens a SQLite file by Node's own `node:sqlite` in WAL mode.
 *
 * The folder is made with mode 0700 and the file with 0600: it holds personal data.
 * `synchronous = FULL`: a commit is on disk when it returns, and survives a power cut. The logs that
 * feed the store forget an event after that (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export async function openSqliteDatabase(options: SqliteOptions): Promise<StoreDatabase> {
	const { path, lockLimitMs = 10_000, watchEveryMs = WATCH_EVERY_MS } = options;
	const { soonBytes = SOON_BYTES } = options;
	const DatabaseSync = await loadNodeSqlite();
	makeDatabaseFile(path);

	const whenFree = <T>(action: () => Promise<T>) => retryWhileBusy(action, lockLimitMs);
	const database = await whenFree(async () => {
		const opened = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
		try {
			opened.exec('pragma journal_mode = wal; pragma synchronous = full;');
			opened.exec('pragma foreign_keys = on; pragma temp_store = memory;');
			// Deleted rows are overwritten with zeros (https://www.sqlite.org/pragma.html#pragma_secure_delete).
			opened.exec('pragma secure_delete = on;');
			// Each open touches pages all over a large file: kept in memory, and written back in bulk.
			opened.exec(`pragma cache_size = -${CACHE_KIB}; pragma wal_autocheckpoint = ${LOG_PAGES};`);
			return opened;
		} catch (error) {
			opened.close();
			throw error;
		}
	});
	const db = new Kysely<StoreSchema>({
		dialect: new NodeSqliteDialect({ database: asKyselyDatabase(database) }),
	});
	const gate = new QueryGate();
	const fileState = watchFile(path);
	const closeDatabase = async () => {
		clearInterval(watching);
		await db.destroy();
		if (database.isOpen) database.close();
	};
	/** Closes the database when its file is gone; until then nothing more goes into it. */
	const isLost = (): boolean => {
		if (gate.isClosed || fileState() === 'there') return false;
		void gate.close(async () => {
			await bringBack(database, path, fileState, options.tell);
			await closeDatabase();
			options.onLost?.();
		}, LOST);
		return true;
	};
	let rewriting: Promise<void> | null = null;
	let nextRewriting: Promise<void> | null = null;
	/** Writes the file anew: once for all that ask while the one before is under way. */
	const rewritten = (): Promise<void> =>
		(nextRewriting ??= (async () => {
			await rewriting?.catch(() => undefined);
			nextRewriting = null;
			rewriting = rewriteFile(path, lockLimitMs);
			await rewriting;
		})());
	const watching = setInterval(isLost, watchEveryMs).unref();
	return {
		engine: 'sqlite',
		read: (query) => gate.run(() => whenFree(() => query(db))),
		write: (change) =>
			gate.run(async () => {
				if (isLost()) throw new StoreError('closed', LOST);
				return await whenFree(() => db.transaction().execute((trx) => change(trx, true)));
			}),
		scrub: (tables, { thorough = false } = {}) =>
			gate.run(async () => {
				// Rows of people move between pages as trees grow; few tables are that small that none do.
				const moves = tables.includes('opens');
				if (moves && (thorough || statSync(path).size <= soonBytes)) await whenFree(rewritten);
				await whenFree(() => cutLog(db));
			}),
		close: () => gate.close(closeDatabase),
	};
}

/**
 * Writes a file again that was deleted, as often as it takes, since what is open is all there is of
 * it. A file that replaced it stays, for somebody put it there.
 */
async function bringBack(
	database: DatabaseSync,
	path: string,
	fileState: () => FileState,
	tell: SqliteOptions['tell'] = () => undefined,
): Promise<void> {
	let told = false;
	while (fileState() === 'deleted') {
		try {
			writeAgain(database, path);
			tell(DELETED);
			return;
		} catch (error) {
			const code = sqliteCode(error) ?? (error as NodeJS.ErrnoException).code ?? 'unknown';
			if (!told) tell(`${NOT_YET} (${code}). ${KEEP_RUNNING}`);
			told = true;
			await pause(BACKOFF.longestMs);
		}
	}
	tell(REPLACED);
}

/**
 * With `secure_delete` deleted rows are zeros in new pages; the write-ahead log still holds the old
 * ones. This writes it back and cuts it to nothing. Busy while another process reads.
 */
async function cutLog(db: Kysely<StoreSchema>): Promise<void> {
	const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
	if (rows[0]?.busy !== 0) throw new CheckpointBusy();
}

/** The checkpoint reports a reader in its answer; this gives it the form of all other waiting. */
class CheckpointBusy extends Error {
	readonly errcode = SQLITE_BUSY;
}

async function loadNodeSqlite() {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	// statement.columns() came with 22.16 and 23.11 (https://nodejs.org/api/sqlite.html).
	if (major < 22 || (major === 22 && minor < 16) || (major === 23 && minor < 11)) {
		throw new StoreError(
			'unavailable',
			`The embedded tracking store needs Node.js 22.16 or newer, this is ${process.versions.node}. Update Node.js, or name a PostgreSQL server in the credential Email Open Tracking.`,
		);
	}
	const { DatabaseSync } = await import('node:sqlite');
	return DatabaseSync;
}

function makeDatabaseFile(path: string): void {
	try {
		makePrivateFile(path);
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
		throw new StoreError(
			'unavailable',
			`The tracking store could not be made at ${path} (${code}). Make sure that the folder is writable and the disk not full.`,
		);
	}
}

async function retryWhileBusy<T>(action: () => Promise<T>, limitMs: number): Promise<T> {
	const givenUpAt = Date.now() + limitMs;
	try {
		return await retry(action, BACKOFF, (error) => isBusy(error) && Date.now() < givenUpAt);
	} catch (error) {
		throw toStoreError(error);
	}
}

function toStoreError(error: unknown): Error {
	if (isBusy(error)) {
		return new StoreError(
			'busy',
			'The tracking store was locked by another program for too long. Try again, and close programs that keep its file open for writing.',
		);
	}
	const code = sqliteCode(error);
	if (code === null) return error instanceof Error ? error : new Error(String(error));
	return new StoreError(
		'failed',
		`The tracking store refused an operation (SQLite ${code}: ${sqliteText(error)}). Check its file, the rights on it and the free disk space.`,
	);
}
