import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { makePrivateFile } from '../../storage/database/private-file';
import { sqliteCode } from '../../storage/database/sqlite/node-sqlite';
import { CollectorError } from '../config/collector-error';
import { DEFAULT_LIMITS } from '../config/settings';
import { keepRoom, makeRoom, wipeJournal } from './log-room';

/** Name of the log's file inside its folder. */
export const LOG_FILE = 'collector.sqlite';
const LOCK_FILE = 'collector.lock';
const SQLITE_NOTADB = 26;

/** How long SQLite waits for another thread's or process's transaction; those take milliseconds. */
const BUSY_TIMEOUT_MS = 5000;
/** Rows deleted at once: a transaction of a few milliseconds, so that no answer waits for long. */
const TRIM_ROWS = 2000;
/** How long a refused event is kept for somebody to look at; it may hold personal data. */
export const DEAD_LETTER_DAYS = 30;
const DAY_MS = 86_400_000;
const SCHEMA_VERSION = 1;
/** As long as a usual event, so that writing none takes as long. */
const NO_EVENT = ' '.repeat(1000);
/** 80 MB. */
const LONGEST_WAL_PAGES = 20_000;

/** One entry of the log. `event` is its text, as `log-record.ts` writes and reads it. */
export interface LogEntry {
	/** Its place in the log; grows, with gaps, and is never given twice */
	seq: number;
	event: string;
}

/** An event that no consumer could be made to take. */
export interface DeadLetter extends LogEntry {
	/** Name of the cursor whose consumer refused it */
	consumer: string;
	reason: string;
	/** ISO 8601 in UTC */
	setAsideAt: string;
}

/**
 * The durable log of one collector, `<folder>/collector.sqlite`. One thread appends; consumers in
 * the same or another thread each read on from a cursor of their own, by a handle of their own.
 * All methods block, and throw the errors of `node:sqlite`.
 */
export interface CollectorLog {
	/**
	 * Writes events in one transaction; with `durable` they are on disk when it returns. An empty list
	 * writes one row and rolls it back, so that it takes the same time.
	 */
	append(events: readonly string[]): void;
	/**
	 * Sets who reads this log. A name that is new starts with the oldest event; a cursor whose name
	 * is left out is forgotten, so that a reader that is gone does not keep the log from being trimmed.
	 */
	setConsumers(names: readonly string[]): void;
	/** Sets the size from which on the log takes no more events, in bytes, for all who write it. */
	setMaxBytes(bytes: number): void;
	/** That size; the default until it is set. */
	maxBytes(): number;
	/**
	 * Events after the cursor, oldest first. Throws when the name is not a consumer.
	 *
	 * @param behind another consumer, to get only what that one has passed
	 */
	read(consumer: string, limit: number, behind?: string): LogEntry[];
	/** The number of the newest entry that was ever written; 0 before the first. */
	lastSeq(): number;
	/** Entries after a number, oldest first, read or not; moves no cursor. */
	peek(afterSeq: number, limit: number): LogEntry[];
	/** Moves a cursor on to `seq`; never back. Deletes what all cursors have passed. */
	advance(consumer: string, seq: number): void;
	/** Moves a cursor on to `seq`, and keeps those of the passed events that were refused. */
	setAside(
		consumer: string,
		refused: ReadonlyArray<LogEntry & { reason: string }>,
		seq: number,
		at: Date,
	): void;
	/** Refused events after a number, oldest first. */
	deadLetters(limit: number, afterSeq?: number): DeadLetter[];
	deadLetterCount(): number;
	/** Deletes those that were kept long enough. Moving a cursor does so as well. */
	forgetOldLetters(now: Date): void;
	/**
	 * Deletes entries and dead letters by their numbers, read or not, and every
	 * trace of them in the files of the log.
	 */
	erase(entries: readonly number[], deadLetters: readonly number[]): void;
	/** Puts dead letters behind the newest entry again, for all consumers. Returns how many. */
	replay(deadLetters: readonly number[]): number;
	/** Removes what the files of the log still hold of entries that were deleted. */
	scrub(): void;
	/** Events that a consumer has not passed yet, counted up to `limit`. */
	backlog(consumer: string, limit: number): number;
	/** Bytes of the file that are in use; what was trimmed is free again. */
	usedBytes(): number;
	close(): void;
}

export interface CollectorLogOptions {
	/** Folder of the log, made when missing */
	folder: string;
	/**
	 * Whether a commit waits until the data is on disk (`synchronous = FULL`). The writer needs
	 * it; a consumer does not: a cursor that is lost in a power cut repeats a few events.
	 */
	durable: boolean;
	/**
	 * Room that the file has from the start, in bytes, so that events can be written to a full disk
	 * as well. For a log with one reader, since readers and writer wait for each other.
	 */
	roomBytes?: number;
}

/**
 * Opens the log, and makes its folder (mode 0700) and file (0600): it holds personal data.
 *
 * With `synchronous = FULL` a commit survives a crash and a power cut
 * (https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * @throws CollectorError when the file cannot be made, or Node.js is too old
 */
export function openCollectorLog({
	folder,
	durable,
	roomBytes = 0,
}: CollectorLogOptions): CollectorLog {
	const database = openDatabase({ folder, durable, roomBytes });
	const run = (sql: string) => database.exec(sql);
	const inTransaction = (change: () => void) => {
		run('begin immediate');
		try {
			change();
			run('commit');
		} catch (error) {
			if (database.isTransaction) run('rollback');
			throw error;
		}
	};

	const insert = database.prepare('insert into log (event) values (?)');
	const takeBack = database.prepare('delete from log where seq = ?');
	const append = (events: readonly string[]) => {
		for (const event of events) insert.run(event);
		if (events.length === 0) takeBack.run(insert.run(NO_EVENT).lastInsertRowid);
	};
	const limit = database.prepare("select bytes from limits where name = 'log'");
	const cursorOf = database.prepare('select seq from cursors where name = ?');
	const move = database.prepare('update cursors set seq = ? where name = ? and seq < ?');
	const readAfter = database.prepare(
		'select seq, event from log where seq > ? and seq <= ? order by seq limit ?',
	);
	const lastSeq = database.prepare("select seq from sqlite_sequence where name = 'log'");
	const countAfter = database.prepare(
		'select count(*) as events from (select 1 from log where seq > ? limit ?)',
	);
	const trim = database.prepare(
		`delete from log where seq in (select seq from log
			where seq <= (select min(seq) from cursors) order by seq limit ${TRIM_ROWS})`,
	);
	const buryOne = database.prepare(
		'insert or replace into dead_letters (seq, consumer, event, reason, buried_at) values (?, ?, ?, ?, ?)',
	);
	const letterOf = database.prepare('select event from dead_letters where seq = ? limit 1');
	const forgetOne = database.prepare('delete from dead_letters where seq = ?');
	const forget = database.prepare('delete from dead_letters where buried_at < ?');
	const forgetOldLetters = (now: Date) => {
		forget.run(new Date(now.getTime() - DEAD_LETTER_DAYS * DAY_MS).toISOString());
	};
	const scrub = () => {
		if (roomBytes > 0) return wipeJournal(database, join(folder, LOG_FILE));
		const [{ busy }] = database.prepare('pragma wal_checkpoint(truncate)').all();
		if (busy === 0) return;
		throw new CollectorError(
			'What was deleted could not be removed from the files of the log, which are in use without a pause. Try again.',
		);
	};
	const positionOf = (consumer: string): number => {
		const row = cursorOf.get(consumer);
		if (!row) throw new CollectorError(`The log has no consumer "${consumer}". Register it first.`);
		return Number(row.seq);
	};

	const entriesAfter = (seq: number, limit: number, to = Number.MAX_SAFE_INTEGER): LogEntry[] =>
		readAfter
			.all(seq, to, limit)
			.map((row) => ({ seq: Number(row.seq), event: String(row.event) }));

	return {
		append: (events) => inTransaction(() => append(events)),
		setConsumers: (names) =>
			inTransaction(() => {
				database
					.prepare('delete from cursors where name not in (select value from json_each(?))')
					.run(JSON.stringify(names));
				const start = database.prepare(
					'insert into cursors (name, seq) values (?, 0) on conflict do nothing',
				);
				for (const name of names) start.run(name);
			}),
		setMaxBytes: (bytes) => {
			database
				.prepare("insert or replace into limits (name, bytes) values ('log', ?)")
				.run(Math.round(bytes));
		},
		maxBytes: () => Number(limit.get()?.bytes ?? DEFAULT_LIMITS.maxBytes),
		read: (consumer, limit, behind) =>
			entriesAfter(
				positionOf(consumer),
				limit,
				behind === undefined ? undefined : positionOf(behind),
			),
		peek: (afterSeq, limit) => entriesAfter(afterSeq, limit),
		lastSeq: () => Number(lastSeq.get()?.seq ?? 0),
		advance: (consumer, seq) =>
			inTransaction(() => {
				move.run(seq, consumer, seq);
				trim.run();
				forgetOldLetters(new Date());
			}),
		setAside: (consumer, refused, seq, at) =>
			inTransaction(() => {
				for (const entry of refused) {
					buryOne.run(entry.seq, consumer, entry.event, entry.reason, at.toISOString());
				}
				move.run(seq, consumer, seq);
				trim.run();
				forgetOldLetters(at);
			}),
		forgetOldLetters,
		deadLetterCount: () =>
			Number(database.prepare('select count(*) as letters from dead_letters').get()?.letters),
		erase: (entries, deadLetters) => {
			inTransaction(() => {
				const inList = 'where seq in (select value from json_each(?))';
				database.prepare(`delete from log ${inList}`).run(JSON.stringify(entries));
				database.prepare(`delete from dead_letters ${inList}`).run(JSON.stringify(deadLetters));
			});
			scrub();
		},
		replay: (deadLetters) => {
			let replayed = 0;
			inTransaction(() => {
				for (const seq of deadLetters) {
					const letter = letterOf.get(seq);
					if (!letter) continue;
					append([String(letter.event)]);
					forgetOne.run(seq);
					replayed += 1;
				}
			});
			scrub();
			return replayed;
		},
		scrub,
		deadLetters: (limit, afterSeq = 0) =>
			database
				.prepare('select * from dead_letters where seq > ? order by seq limit ?')
				.all(afterSeq, limit)
				.map((row) => ({
					seq: Number(row.seq),
					consumer: String(row.consumer),
					event: String(row.event),
					reason: String(row.reason),
					setAsideAt: String(row.buried_at),
				})),
		backlog: (consumer, limit) => Number(countAfter.get(positionOf(consumer), limit)?.events),
		usedBytes: () => {
			const read = (pragma: string) =>
				Number(Object.values(database.prepare(`pragma ${pragma}`).get() ?? {})[0]);
			return (read('page_count') - read('freelist_count')) * read('page_size');
		},
		close: () => {
			if (database.isOpen) database.close();
		},
	};
}

function openDatabase({ folder, durable, roomBytes }: Required<CollectorLogOptions>): DatabaseSync {
	const database = openSqliteFile(folder, LOG_FILE);
	try {
		const version = Number(database.prepare('pragma user_version').get()?.user_version);
		if (version > SCHEMA_VERSION) {
			throw new CollectorError(
				'The collector log was written by a newer version of this package. Update the package, or choose another folder.',
			);
		}
		if (roomBytes > 0) keepRoom(database);
		else database.exec('pragma journal_mode = wal');
		database.exec(`pragma synchronous = ${durable ? 'full' : 'normal'}`);
		// Consumers move the data from the WAL into the file, so that the writer, whose clients wait, does
		// not have to. The limit is for when there is no consumer at work.
		if (durable) database.exec(`pragma wal_autocheckpoint = ${LONGEST_WAL_PAGES}`);
		database.exec(`
			create table if not exists log (seq integer primary key autoincrement, event text not null);
			create table if not exists cursors (name text primary key, seq integer not null) without rowid;
			create table if not exists limits (name text primary key, bytes integer not null) without rowid;
			create table if not exists dead_letters (
				seq integer not null, consumer text not null, event text not null, reason text not null,
				buried_at text not null, primary key (seq, consumer));
		`);
		if (version === 0) database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
		if (roomBytes > 0) makeRoom(database, roomBytes);
		// Deleted rows are overwritten with zeros: they may name people.
		database.exec('pragma secure_delete = on');
		return database;
	} catch (error) {
		database.close();
		throw isNoDatabase(error) ? new CollectorError(unreadable(join(folder, LOG_FILE))) : error;
	}
}

function isNoDatabase(error: unknown): boolean {
	return ((sqliteCode(error) ?? 0) & 0xff) === SQLITE_NOTADB;
}

function unreadable(path: string): string {
	return `The file ${path} is damaged, or is no log of a collector. Restore it from a backup, or move it away, and a new one is made; opens that only this file has are then lost.`;
}

/** Opens a SQLite file that only its owner can read. */
function openSqliteFile(folder: string, name: string): DatabaseSync {
	const path = join(folder, name);
	try {
		makePrivateFile(path);
	} catch (error) {
		const { code = 'unknown' } = error as NodeJS.ErrnoException;
		throw new CollectorError(
			`The log ${path} could not be made (${code}). Make sure that the folder is writable and the disk not full.`,
		);
	}
	// Old versions of Node.js have it behind a flag, or not at all.
	const sqlite = process.getBuiltinModule('node:sqlite');
	if (!sqlite) {
		throw new CollectorError(
			`The collector needs Node.js 22.16 or newer, this is ${process.versions.node}. Update Node.js.`,
		);
	}
	return new sqlite.DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
}

/** Another collector works on the folder. */
export class FolderLockedError extends CollectorError {
	constructor(folder: string) {
		super(
			`Another collector works on ${folder}. Stop it first, or give each collector a folder of its own.`,
		);
	}
}

/**
 * Makes sure that one collector at a time works on a folder, across threads and processes. The
 * operating system releases the lock when its holder ends, however that happens.
 *
 * @returns gives the lock back
 * @throws FolderLockedError when another collector has it
 */
export function lockFolder(folder: string): () => void {
	const database = openSqliteFile(folder, LOCK_FILE);
	try {
		database.exec('pragma busy_timeout = 0; begin exclusive');
	} catch (error) {
		database.close();
		throw isNoDatabase(error)
			? new CollectorError(unreadable(join(folder, LOCK_FILE)))
			: new FolderLockedError(folder);
	}
	return () => database.close();
}

/** Like {@link lockFolder}; `null` while another one has it. */
export function lockUnlessTaken(folder: string): (() => void) | null {
	try {
		return lockFolder(folder);
	} catch (error) {
		if (error instanceof FolderLockedError) return null;
		throw error;
	}
}

/** Whether a collector works on a folder at the moment. */
export function isFolderLocked(folder: string): boolean {
	const unlock = lockUnlessTaken(folder);
	unlock?.();
	return unlock === null;
}
