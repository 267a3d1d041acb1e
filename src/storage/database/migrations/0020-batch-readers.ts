import type { Kysely } from 'kysely';

/**
 * Opens are handed over in batches in the order in which they came in, each once, however often one
 * changes later: the number of its first storing stays. Who hands them over keeps its place here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable('opens').addColumn('first_stored_seq', 'bigint').execute();
	// Of the few that changed; the others are found by the index in the order of storing.
	await db.schema
		.createIndex('changed_opens_by_arrival')
		.on('opens')
		.columns(['first_stored_seq'])
		.where('first_stored_seq', 'is not', null)
		.execute();
	await db.schema
		.createTable('batch_readers')
		.addColumn('id', 'text', (column) => column.primaryKey())
		.addColumn('position', 'bigint', (column) => column.notNull())
		.addColumn('holder', 'text', (column) => column.notNull())
		.addColumn('held_until', 'bigint', (column) => column.notNull())
		.execute();
}
