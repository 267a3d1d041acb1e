import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sql } from 'kysely';

import { openSqliteDatabase } from '../../../../src/storage/database/sqlite/sqlite-database';

/** What SQLite calls a commit that waits until the disk has it. */
const FULL = 2;

it('the embedded store waits for the disk at each commit, and keeps 32 MiB in memory', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-sqlite-'));
	const database = await openSqliteDatabase({ path: join(folder, 'tracking.sqlite') });
	try {
		const { rows } = await database.read(
			async (db) => await sql<{ synchronous: number }>`pragma synchronous`.execute(db),
		);
		expect(rows).toEqual([{ synchronous: FULL }]);
		const { rows: kept } = await database.read(
			async (db) => await sql<{ cache_size: number }>`pragma cache_size`.execute(db),
		);
		expect(kept).toEqual([{ cache_size: -32 * 1024 }]);
	} finally {
		await database.close();
		rmSync(folder, { recursive: true });
	}
});
