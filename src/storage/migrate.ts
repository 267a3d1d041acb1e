import { Migrator } from 'kysely';
import type { Migration } from 'kysely';

import * as firstSchema from './migrations/0001-first-schema';
import * as consent from './migrations/0002-consent';
import type { Reader, StoreDatabase } from './store-database';
import { StoreError } from './store-error';

const MIGRATIONS: Record<string, Migration> = {
	'0001-first-schema': firstSchema,
	'0002-consent': consent,
};
const MIGRATION_TABLE = 'schema_migrations';

/**
 * Brings the store to the schema of this version, in one transaction under a lock, so that any
 * number of processes may start at once.
 *
 * Throws a {@link StoreError} `newer-version` when the store knows migrations that this version
 * does not: reading it half would be worse than not reading it.
 */
export async function migrateToLatest(database: StoreDatabase): Promise<void> {
	await database.read(async (db) => {
		const done = await executedMigrations(db, database.schema);
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
		const { error } = await migrator.migrateToLatest();
		if (error) throw error;
	});
}

async function executedMigrations(db: Reader, schema: string | undefined): Promise<Set<string>> {
	const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
	const exists = tables.some(
		(table) => table.name === MIGRATION_TABLE && (!schema || table.schema === schema),
	);
	if (!exists) return new Set();
	const rows = await db
		.withTables<{ [MIGRATION_TABLE]: { name: string } }>()
		.selectFrom(MIGRATION_TABLE)
		.select('name')
		.execute();
	return new Set(rows.map((row) => row.name));
}
