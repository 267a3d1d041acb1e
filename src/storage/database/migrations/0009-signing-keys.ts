import type { Kysely } from 'kysely';

/** Which signing keys this store was used with. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('signing_keys')
		.addColumn('id', 'text', (column) => column.primaryKey())
		.addColumn('fingerprint', 'text', (column) => column.notNull())
		.addColumn('lost', 'integer', (column) => column.notNull())
		.execute();
}
