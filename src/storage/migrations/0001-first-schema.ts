import type { Kysely } from 'kysely';

/** The first schema: the log of opens. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('opens')
		.addColumn('event_id', 'text', (column) => column.primaryKey())
		.addColumn('occurred_at', 'bigint', (column) => column.notNull())
		.addColumn('recipient_id', 'text')
		.addColumn('recipient_reason', 'text')
		.addColumn('pixel_id', 'text')
		.addColumn('campaign_id', 'text')
		.addColumn('message_id', 'text')
		.addColumn('tracking_mode', 'text', (column) => column.notNull())
		.addColumn('purpose', 'text')
		.addColumn('actor', 'text', (column) => column.notNull())
		.addColumn('actor_reason', 'text')
		.addColumn('rules_version', 'text')
		.addColumn('client_family', 'text')
		.addColumn('client_os', 'text')
		.addColumn('client_device', 'text')
		.addColumn('features', 'text', (column) => column.notNull())
		.addColumn('consent_status', 'text')
		.addColumn('consent_record_id', 'text')
		.addColumn('consent_policy', 'text')
		.addColumn('request_ip', 'text')
		.addColumn('request_user_agent', 'text')
		.addColumn('request_referer', 'text')
		.addColumn('request_accept_language', 'text')
		.execute();
	const orders = [
		['opens_by_time', []],
		['opens_by_pixel', ['pixel_id']],
		['opens_by_recipient', ['recipient_id']],
		['opens_by_campaign', ['campaign_id']],
	] as const;
	for (const [name, columns] of orders) {
		await db.schema
			.createIndex(name)
			.on('opens')
			.columns([...columns, 'occurred_at', 'event_id'])
			.execute();
	}
}
