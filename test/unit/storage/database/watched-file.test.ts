import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { writeAgain } from '../../../../src/storage/database/sqlite/watched-file';

describe('writing a deleted database again', () => {
	it('never leaves its copy open to others, not even while it is written', () => {
		const folder = mkdtempSync(join(tmpdir(), 'watched-file-'));
		const path = join(folder, 'tracking.sqlite');
		const database = new DatabaseSync(path);
		database.exec('create table people (name text)');
		rmSync(path);
		const modes: number[] = [];
		const watched = {
			prepare: (sql: string) => {
				const statement = database.prepare(sql);
				return {
					run: (copy: string) => {
						statement.run(copy);
						modes.push(statSync(copy).mode & 0o777);
					},
				};
			},
		} as unknown as DatabaseSync;
		const umask = process.umask(0o022);
		try {
			writeAgain(watched, path);
		} finally {
			process.umask(umask);
			database.close();
		}
		expect(modes).toEqual([0o600]);
		rmSync(folder, { recursive: true });
	});
});
