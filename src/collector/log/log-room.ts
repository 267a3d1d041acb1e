import { closeSync, existsSync, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import { sqliteCode } from '../../storage/database/sqlite/node-sqlite';

/** The journal keeps this size. Nothing that is written here at once takes more. */
const JOURNAL_BYTES = 1_000_000;
const STEP_BYTES = 1_000_000;
const SQLITE_FULL = 13;

/**
 * Lets a log keep the room that it has. With a journal that stays between transactions, and a file
 * that never shrinks, a disk that is full can still take what fits into the free pages.
 */
export function keepRoom(database: DatabaseSync): void {
	database.exec('pragma journal_mode = persist');
	database.exec(`pragma journal_size_limit = ${JOURNAL_BYTES}`);
}

/**
 * Writes that many bytes into the file, once, and frees their pages again. A disk that is nearly
 * full gives what it has, and is asked again at the next start. File systems that never write in
 * place, such as Btrfs and ZFS, cannot reserve anything that way.
 */
export function makeRoom(database: DatabaseSync, bytes: number): void {
	if (database.prepare("select 1 from limits where name = 'room'").get()) return;
	// Left by a process that ended half-way.
	database.exec('drop table if exists room; create table room (filling blob not null)');
	try {
		const fill = database.prepare(`insert into room (filling) values (zeroblob(${STEP_BYTES}))`);
		for (let made = 0; made < bytes; made += STEP_BYTES) fill.run();
		// Makes the journal as long as it may be: it gets all pages of the row.
		database.exec('pragma secure_delete = on');
		database.exec('delete from room where rowid = (select max(rowid) from room)');
		database.prepare("insert into limits (name, bytes) values ('room', ?)").run(bytes);
	} catch (error) {
		if (((sqliteCode(error) ?? 0) & 0xff) !== SQLITE_FULL) throw error;
	}
	// The rest is zeros already, and needs no journal.
	database.exec('pragma secure_delete = off; drop table room');
}

/**
 * Overwrites with zeros what the journal keeps of pages as they were before, deleted rows among
 * them. Nobody uses it meanwhile. A log that was put back from a copy has none until it is written.
 */
export function wipeJournal(database: DatabaseSync, path: string): void {
	database.exec('begin exclusive');
	try {
		// A log that was restored from a backup has none before it is written.
		if (!existsSync(`${path}-journal`)) return;
		const file = openSync(`${path}-journal`, 'r+');
		try {
			const zeros = Buffer.alloc(fstatSync(file).size);
			writeSync(file, zeros, 0, zeros.length, 0);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
	} finally {
		database.exec('rollback');
	}
}
