import type { Kysely } from 'kysely';

/** What people asked for on the consent page, until it is answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('privacy_requests')
		.addColumn('recipient_id', 'text', (column) => column.notNull())
		.addColumn('kind', 'text', (column) => column.notNull())
		.addColumn('asked_at', 'bigint', (column) => column.notNull())
		.addPrimaryKeyConstraint('privacy_requests_key', ['recipient_id', 'kind'])
		.execute();
}
