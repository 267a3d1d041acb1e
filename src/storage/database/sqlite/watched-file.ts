import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import { makePrivateFile } from '../private-file';

/** What stands at the path of a file that was opened: the file itself, nothing, or another one. */
export type FileState = 'there' | 'deleted' | 'replaced';

/**
 * Remembers which file stands at a path now.
 *
 * @returns what stands there later; some microseconds
 */
export function watchFile(path: string): () => FileState {
	const opened = statSync(path, { bigint: true });
	return () => {
		const found = statSync(path, { bigint: true, throwIfNoEntry: false });
		if (found === undefined) return 'deleted';
		return found.ino === opened.ino && found.dev === opened.dev ? 'there' : 'replaced';
	};
}

/**
 * Writes the file of a database again that was deleted. What is open still holds all of it.
 * Another process may have been faster: its file stays.
 *
 * @throws what SQLite or the file system throw; then nothing stands at the path, as before
 */
export function writeAgain(database: DatabaseSync, path: string): void {
	const copy = `${path}.copy-${process.pid}`;
	try {
		rmSync(copy, { force: true });
		// SQLite takes an empty file, too (https://www.sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause).
		makePrivateFile(copy);
		database.prepare('vacuum into ?').run(copy);
		if (existsSync(path)) return;
		// They belong to the old file. SQLite would take them for the new one's.
		for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
		renameSync(copy, path);
	} finally {
		rmSync(copy, { force: true });
	}
}
