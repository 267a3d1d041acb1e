import type { Kysely } from 'kysely';

/** The privacy report of each month, so that the next one can say what changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('privacy_reports')
		.addColumn('month', 'text', (column) => column.primaryKey())
		.addColumn('made_at', 'bigint', (column) => column.notNull())
		.addColumn('facts', 'text', (column) => column.notNull())
		.execute();
}
