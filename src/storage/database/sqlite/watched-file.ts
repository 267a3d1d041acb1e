import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

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
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
		rmSync(copy, { force: true });
		database.prepare('vacuum into ?').run(copy);
		chmodSync(copy, 0o600);
		if (existsSync(path)) return;
		// They belong to the old file. SQLite would take them for the new one's.
		for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
		renameSync(copy, path);
	} finally {
		rmSync(copy, { force: true });
	}
}
