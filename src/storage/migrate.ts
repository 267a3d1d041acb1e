import { Migrator } from 'kysely';
import type { Kysely, Migration } from 'kysely';

import * as firstSchema from './migrations/0001-first-schema';
import { StoreError } from './store-error';
import type { StoreSchema } from './store-schema';

const MIGRATIONS: Record<string, Migration> = {
	'0001-first-schema': firstSchema,
};
const MIGRATION_TABLE = 'schema_migrations';

/**
 * Brings the store to the schema of this version, in one transaction under a lock, so that any
 * number of processes may start at once.
 *
 * Throws a {@link StoreError} `newer-version` when the store knows migrations that this version
 * does not: reading it half would be worse than not reading it.
 */
export async function migrateToLatest(db: Kysely<StoreSchema>, schema?: string): Promise<void> {
	const unknown = await migrationsOfNewerVersion(db, schema);
	if (unknown.length > 0) {
		throw new StoreError(
			'newer-version',
			`The tracking store was written by a newer version of n8n-nodes-email-open-tracking (it has ${unknown.join(', ')}). Update the package, or choose another store.`,
		);
	}
	const migrator = new Migrator({
		db,
		provider: { getMigrations: async () => MIGRATIONS },
		migrationTableName: MIGRATION_TABLE,
		migrationLockTableName: `${MIGRATION_TABLE}_lock`,
		migrationTableSchema: schema,
	});
	const { error } = await migrator.migrateToLatest();
	if (error) throw error;
}

async function migrationsOfNewerVersion(
	db: Kysely<StoreSchema>,
	schema: string | undefined,
): Promise<string[]> {
	const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
	const exists = tables.some(
		(table) => table.name === MIGRATION_TABLE && (!schema || table.schema === schema),
	);
	if (!exists) return [];
	const rows = await db
		.withTables<{ [MIGRATION_TABLE]: { name: string } }>()
		.selectFrom(MIGRATION_TABLE)
		.select('name')
		.orderBy('name')
		.execute();
	return rows.map((row) => row.name).filter((name) => !(name in MIGRATIONS));
}
