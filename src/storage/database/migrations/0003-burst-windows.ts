import type { Kysely } from 'kysely';

/** What the burst rules remember of the last minutes, for all processes on this store. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('burst_windows')
		.addColumn('name', 'text', (column) => column.primaryKey())
		.addColumn('kind', 'text', (column) => column.notNull())
		.addColumn('window', 'text', (column) => column.notNull())
		.addColumn('touched_at', 'bigint', (column) => column.notNull())
		.execute();
	// Holds all that dropping old windows looks at.
	await db.schema
		.createIndex('burst_windows_by_age')
		.on('burst_windows')
		.columns(['kind', 'touched_at', 'name'])
		.execute();
}
