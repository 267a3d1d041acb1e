import { sql, type Kysely } from 'kysely';

import { engineOf } from '../store-database';

/**
 * The list of a campaign's recipients may also hold a row that names nobody, for which the index
 * before left no room, so that every recipient of every campaign was looked at. PostgreSQL finds
 * the beginning of a name by an index over its bytes alone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.dropIndex('recipients_in_campaigns').execute();
	await db.schema
		.createIndex('recipients_by_campaign')
		.on('recipient_tallies')
		.columns(['campaign_id', 'recipient_id', 'parent'])
		.execute();
	if (engineOf(db) !== 'postgres') return;
	await db.schema
		.createIndex('recipient_tallies_by_bytes')
		.on('recipient_tallies')
		.expression(sql`recipient_id collate "C"`)
		.execute();
	await db.schema
		.createIndex('recipients_by_bytes')
		.on('recipients')
		.expression(sql`address collate "C", recipient_id`)
		.execute();
}
