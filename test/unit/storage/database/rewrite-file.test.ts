import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { rewriteFile } from '../../../../src/storage/database/sqlite/rewrite-file';

describe('a database file that is written anew', () => {
	let folder: string;
	let path: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'rewrite-'));
		path = join(folder, 'a file with ? and #.sqlite');
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it('holds what it held', async () => {
		const database = new DatabaseSync(path);
		database.exec("pragma journal_mode = wal; create table t (a); insert into t values ('kept')");
		await rewriteFile(path, 1000);
		expect(database.prepare('select a from t').all()).toEqual([{ a: 'kept' }]);
		database.close();
	});

	it('is waited for where somebody writes, and said to be busy after that', async () => {
		const database = new DatabaseSync(path);
		database.exec('pragma journal_mode = wal; create table t (a); begin immediate');
		await expect(rewriteFile(path, 50)).rejects.toMatchObject({ errcode: 5 });
		database.exec('rollback');
		await rewriteFile(path, 50);
		database.close();
	});

	it('is not made where it was deleted, and the operator reads what that means', async () => {
		await expect(rewriteFile(path, 50)).rejects.toThrow(
			/^What was to be deleted is deleted\. Copies of it may be left .* \(SQLite 14: unable to open database file\)\./,
		);
		expect(existsSync(path)).toBe(false);
	});
});
