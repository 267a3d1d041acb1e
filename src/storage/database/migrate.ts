import { Migrator } from 'kysely';
import type { Migration } from 'kysely';

import { retry, type Backoff } from '../../async/backoff';
import { StoreError } from '../port/store-error';
import * as firstSchema from './migrations/0001-first-schema';
import * as consent from './migrations/0002-consent';
import * as burstWindows from './migrations/0003-burst-windows';
import * as viewTime from './migrations/0004-view-time';
import * as privacyRequests from './migrations/0005-privacy-requests';
import * as totalInParts from './migrations/0006-total-in-parts';
import * as imageHeld from './migrations/0007-image-held';
import * as onePerson from './migrations/0008-one-person';
import * as signingKeys from './migrations/0009-signing-keys';
import * as privacyReports from './migrations/0010-privacy-reports';
import * as openRates from './migrations/0011-open-rates';
import * as segments from './migrations/0012-segments';
import * as storingOrder from './migrations/0013-storing-order';
import * as clicks from './migrations/0014-clicks';
import * as clickRates from './migrations/0015-click-rates';
import * as recipientsByCampaign from './migrations/0018-recipients-by-campaign';
import * as firstOpens from './migrations/0019-first-opens';
import * as batchReaders from './migrations/0020-batch-readers';
import * as opensByDay from './migrations/0021-opens-by-day';
import * as fewerIndexEntries from './migrations/0022-fewer-index-entries';
import * as lastOpens from './migrations/0023-last-opens';
import type { Reader, StoreDatabase } from './store-database';

const MIGRATIONS: Record<string, Migration> = {
	'0001-first-schema': firstSchema,
	'0002-consent': consent,
	'0003-burst-windows': burstWindows,
	'0004-view-time': viewTime,
	'0005-privacy-requests': privacyRequests,
	'0006-total-in-parts': totalInParts,
	'0007-image-held': imageHeld,
	'0008-one-person': onePerson,
	'0009-signing-keys': signingKeys,
	'0010-privacy-reports': privacyReports,
	'0011-open-rates': openRates,
	'0012-segments': segments,
	'0013-storing-order': storingOrder,
	'0014-clicks': clicks,
	'0015-click-rates': clickRates,
	'0018-recipients-by-campaign': recipientsByCampaign,
	'0019-first-opens': firstOpens,
	'0020-batch-readers': batchReaders,
	'0021-opens-by-day': opensByDay,
	'0022-fewer-index-entries': fewerIndexEntries,
	'0023-last-opens': lastOpens,
};
const MIGRATION_TABLE = 'schema_migrations';
/** Tries of a migration that another program of the same database disturbed. */
const ATTEMPTS = 6;
const BACKOFF: Backoff = { firstMs: 100, longestMs: 500 };

/**
 * Brings the store to the schema of this version, in one transaction under a lock, so that any
 * number of processes may start at once.
 *
 * Throws a {@link StoreError} `newer-version` when the store knows migrations that this version
 * does not: reading it half would be worse than not reading it.
 */
export async function migrateToLatest(database: StoreDatabase): Promise<void> {
	await database.read(async (db) => {
		const done = await executedMigrations(db);
		const newer = [...done].filter((name) => !(name in MIGRATIONS)).sort();
		if (newer.length > 0) {
			throw new StoreError(
				'newer-version',
				`The tracking store was written by a newer version of n8n-nodes-email-open-tracking (it has ${newer.join(', ')}). Update the package, or choose another store.`,
			);
		}
		if (Object.keys(MIGRATIONS).every((name) => done.has(name))) return;
		const migrator = new Migrator({
			db,
			provider: { getMigrations: async () => MIGRATIONS },
			migrationTableName: MIGRATION_TABLE,
			migrationLockTableName: `${MIGRATION_TABLE}_lock`,
			migrationTableSchema: database.schema,
		});
		const migrate = async () => {
			const { error } = await migrator.migrateToLatest();
			if (error) throw error;
		};
		await retry(migrate, BACKOFF, (error, failures) => failures < ATTEMPTS && isDisturbed(error));
	});
}

/** Whether PostgreSQL says that a schema or table is gone. */
function isVanished(error: unknown): boolean {
	return ['3F000', '42P01', 'XX000'].includes(sqlState(error));
}

/**
 * Whether another program of the same database may have been in the way. Kysely looks at every
 * column of every table before it migrates, and fails when one of them is dropped meanwhile.
 */
function isDisturbed(error: unknown): boolean {
	return isVanished(error) || sqlState(error) === '42703';
}

function sqlState(error: unknown): string {
	return String((error as { code?: unknown }).code);
}

async function executedMigrations(db: Reader): Promise<Set<string>> {
	const table = db.withTables<{ [MIGRATION_TABLE]: { name: string } }>();
	let rows: Array<{ name: string }>;
	try {
		rows = await table.selectFrom(MIGRATION_TABLE).select('name').execute();
	} catch (error) {
		const isNew = isVanished(error) || /^no such table/.test((error as Error).message);
		if (isNew) return new Set();
		throw error;
	}
	return new Set(rows.map((row) => row.name));
}
