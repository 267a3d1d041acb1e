import { sql } from 'kysely';
import type { CreateTableBuilder, Kysely } from 'kysely';

/** The first schema: the log of opens, pixels and recipients, and the counters over them. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await createLog(db);
	await createPixels(db);
	await createCounters(db);
}

async function createLog(db: Kysely<unknown>): Promise<void> {
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
	for (const by of ['pixel_id', 'recipient_id', 'campaign_id']) {
		await db.schema
			.createIndex(`opens_by_${by}`)
			.on('opens')
			.columns([by, 'occurred_at', 'event_id'])
			.execute();
	}
	await db.schema
		.createIndex('opens_by_time')
		.on('opens')
		.columns(['occurred_at', 'event_id'])
		.execute();
	await db.schema
		.createIndex('opens_without_recipient')
		.on('opens')
		.columns(['pixel_id', 'occurred_at'])
		.where(sql.ref('recipient_id'), 'is', null)
		.execute();

	await db.schema
		.createTable('label_history')
		.addColumn('event_id', 'text', (column) => column.notNull())
		.addColumn('revision', 'bigint', (column) => column.notNull())
		.addColumn('from_actor', 'text', (column) => column.notNull())
		.addColumn('from_reason', 'text')
		.addColumn('from_rules_version', 'text')
		.addColumn('to_actor', 'text', (column) => column.notNull())
		.addColumn('to_reason', 'text')
		.addColumn('to_rules_version', 'text')
		.addColumn('changed_at', 'bigint', (column) => column.notNull())
		.addPrimaryKeyConstraint('label_history_key', ['event_id', 'revision'])
		.execute();
	await db.schema
		.createTable('seen_events')
		.addColumn('event_id', 'text', (column) => column.primaryKey())
		.addColumn('seen_at', 'bigint', (column) => column.notNull())
		.execute();
	await db.schema.createIndex('seen_events_by_time').on('seen_events').column('seen_at').execute();
	await db.schema
		.createTable('last_open_days')
		.addColumn('recipient_id', 'text', (column) => column.primaryKey())
		.addColumn('day', 'text', (column) => column.notNull())
		.execute();
}

async function createPixels(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('pixels')
		.addColumn('id', 'text', (column) => column.primaryKey())
		.addColumn('name', 'text', (column) => column.notNull())
		.addColumn('created_at', 'bigint', (column) => column.notNull())
		.addColumn('campaign_id', 'text')
		.addColumn('tracking_mode', 'text')
		.addColumn('sample', 'integer', (column) => column.notNull())
		.addColumn('image_type', 'text')
		.execute();
	await db.schema
		.createIndex('pixels_by_time')
		.on('pixels')
		.columns(['created_at', 'id'])
		.execute();
	await db.schema
		.createIndex('pixels_by_campaign')
		.on('pixels')
		.columns(['campaign_id', 'created_at', 'id'])
		.execute();
	await db.schema
		.createTable('pixel_images')
		.addColumn('pixel_id', 'text', (column) =>
			column.primaryKey().references('pixels.id').onDelete('cascade'),
		)
		// SQLite takes any type name and keeps a blob a blob.
		.addColumn('bytes', 'bytea', (column) => column.notNull())
		.execute();
	await db.schema
		.createTable('recipients')
		.addColumn('id', 'text', (column) => column.primaryKey())
		.addColumn('pixel_id', 'text', (column) => column.notNull())
		.addColumn('recipient_id', 'text', (column) => column.notNull())
		.addColumn('email', 'text')
		.addColumn('token', 'text')
		.addColumn('created_at', 'bigint', (column) => column.notNull())
		.addUniqueConstraint('recipients_once', ['pixel_id', 'recipient_id'])
		.execute();
	await db.schema
		.createIndex('recipients_by_pixel')
		.on('recipients')
		.columns(['pixel_id', 'id'])
		.execute();
	await db.schema
		.createIndex('recipients_by_token')
		.on('recipients')
		.columns(['pixel_id', 'token'])
		.where(sql<boolean>`length(token)`, '<=', sql.lit(64))
		.execute();
	await db.schema
		.createTable('sent_messages')
		.addColumn('parent', 'text', (column) => column.notNull())
		.addColumn('recipient_id', 'text', (column) => column.notNull())
		.addColumn('message_id', 'text', (column) => column.notNull())
		.addPrimaryKeyConstraint('sent_messages_key', ['parent', 'recipient_id', 'message_id'])
		.execute();
	await db.schema
		.createTable('tombstones')
		.addColumn('id', 'text', (column) => column.primaryKey())
		.addColumn('deleted_at', 'bigint', (column) => column.notNull())
		.addColumn('pending', 'integer', (column) => column.notNull())
		.execute();
	await db.schema
		.createIndex('tombstones_pending')
		.on('tombstones')
		.column('id')
		.where(sql.ref('pending'), '=', sql.lit(1))
		.execute();
}

async function createCounters(db: Kysely<unknown>): Promise<void> {
	await withCounts(
		db.schema
			.createTable('recipient_tallies')
			.addColumn('parent', 'text', (column) => column.notNull())
			.addColumn('recipient_id', 'text', (column) => column.notNull())
			.addColumn('campaign_id', 'text')
			.addColumn('first_open_at', 'bigint')
			.addColumn('last_open_at', 'bigint')
			.addColumn('last_load_at', 'bigint')
			.addColumn('first_sent_at', 'bigint')
			.addColumn('last_sent_at', 'bigint')
			.addColumn('registered', 'integer', (column) => column.notNull()),
		[],
	)
		.addPrimaryKeyConstraint('recipient_tallies_key', ['parent', 'recipient_id'])
		.execute();
	await db.schema
		.createIndex('recipients_not_opened')
		.on('recipient_tallies')
		.columns(['campaign_id', 'parent', 'recipient_id'])
		.where(sql.ref('first_open_at'), 'is', null)
		.where(sql.ref('sent'), '>', sql.lit(0))
		.execute();
	await withCounts(
		db.schema
			.createTable('tallies')
			.addColumn('scope', 'text', (column) => column.notNull())
			.addColumn('scope_id', 'text', (column) => column.notNull())
			.addColumn('campaign_id', 'text')
			.addColumn('anonymous_first_open_at', 'bigint')
			.addColumn('first_open_at', 'bigint')
			.addColumn('last_open_at', 'bigint')
			.addColumn('last_load_at', 'bigint'),
		[
			'sent_recipients',
			'opened_of_sent',
			'recipients',
			'unique_recipients',
			'unique_opens',
			'pixels',
			'opened_pixels',
			'invalid_tokens',
		],
	)
		.addPrimaryKeyConstraint('tallies_key', ['scope', 'scope_id'])
		.execute();
	await db.schema
		.createTable('hourly')
		.addColumn('scope', 'text', (column) => column.notNull())
		.addColumn('scope_id', 'text', (column) => column.notNull())
		.addColumn('hour', 'bigint', (column) => column.notNull())
		.addColumn('opens', 'bigint', (column) => column.notNull())
		.addColumn('unique_opens', 'bigint', (column) => column.notNull())
		.addColumn('machine_opens', 'bigint', (column) => column.notNull())
		.addPrimaryKeyConstraint('hourly_key', ['scope', 'scope_id', 'hour'])
		.execute();
}

function withCounts<Table extends string, Columns extends string>(
	table: CreateTableBuilder<Table, Columns>,
	more: string[],
): CreateTableBuilder<Table, string> {
	const counts = [
		'human',
		'human_via_proxy',
		'unknown',
		'prefetch',
		'scanner',
		'bot',
		'view_time_ms',
		'sessions',
		'sent',
	];
	let widened: CreateTableBuilder<Table, string> = table;
	for (const name of [...counts, ...more]) {
		widened = widened.addColumn(name, 'bigint', (column) => column.notNull());
	}
	return widened;
}
