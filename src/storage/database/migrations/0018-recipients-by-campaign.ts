import type { Kysely } from 'kysely';

/**
 * The list of a campaign's recipients may also hold a row that names nobody, for which the index
 * before left no room, so that every recipient of every campaign was looked at.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.dropIndex('recipients_in_campaigns').execute();
	await db.schema
		.createIndex('recipients_by_campaign')
		.on('recipient_tallies')
		.columns(['campaign_id', 'recipient_id', 'parent'])
		.execute();
}
