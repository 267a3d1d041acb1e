import type { Kysely } from 'kysely';

/** Segments: the labels that recipients carry. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('recipient_segments')
		.addColumn('recipient_id', 'text', (column) => column.notNull())
		.addColumn('segment', 'text', (column) => column.notNull())
		.addPrimaryKeyConstraint('recipient_segments_key', ['recipient_id', 'segment'])
		.execute();
	await db.schema
		.createIndex('recipient_segments_by_segment')
		.on('recipient_segments')
		.columns(['segment', 'recipient_id'])
		.execute();
}
