import type { Kysely } from 'kysely';

/**
 * Consent: the records, which are only ever added, and one row per person and purpose with where
 * they stand. The list of erased people, the address key of the day, and what is set up where.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await createConsent(db);
	await db.schema
		.createTable('denylist')
		.addColumn('id', 'text', (column) => column.primaryKey())
		.addColumn('since', 'bigint', (column) => column.notNull())
		.execute();
	await db.schema
		.createTable('daily_keys')
		.addColumn('day', 'text', (column) => column.primaryKey())
		.addColumn('key', 'text', (column) => column.notNull())
		.execute();
	await db.schema
		.createTable('installed_parts')
		.addColumn('kind', 'text', (column) => column.notNull())
		.addColumn('id', 'text', (column) => column.notNull())
		.addColumn('name', 'text', (column) => column.notNull())
		.addColumn('settings', 'text', (column) => column.notNull())
		.addColumn('updated_at', 'bigint', (column) => column.notNull())
		.addPrimaryKeyConstraint('installed_parts_key', ['kind', 'id'])
		.execute();
	// What one person left is found under many pixels, for access and erasure.
	for (const table of ['recipients', 'recipient_tallies']) {
		await db.schema.createIndex(`${table}_by_recipient`).on(table).column('recipient_id').execute();
	}
}

async function createConsent(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('consent_records')
		.addColumn('record_id', 'text', (column) => column.primaryKey())
		.addColumn('recipient_key', 'text', (column) => column.notNull())
		.addColumn('purpose', 'text', (column) => column.notNull())
		.addColumn('status', 'text', (column) => column.notNull())
		.addColumn('occurred_at', 'bigint', (column) => column.notNull())
		.addColumn('method', 'text', (column) => column.notNull())
		.addColumn('jurisdiction', 'text')
		.addColumn('notice_version', 'text')
		.addColumn('notice_hash', 'text')
		.addColumn('language', 'text')
		.addColumn('evidence', 'text')
		.addColumn('expires_at', 'bigint')
		.execute();
	await db.schema
		.createIndex('consent_records_by_person')
		.on('consent_records')
		.columns(['recipient_key', 'purpose', 'occurred_at'])
		.execute();
	await db.schema
		.createTable('consent_notices')
		.addColumn('hash', 'text', (column) => column.primaryKey())
		.addColumn('text', 'text', (column) => column.notNull())
		.execute();
	await db.schema
		.createTable('consent_states')
		.addColumn('recipient_key', 'text', (column) => column.notNull())
		.addColumn('purpose', 'text', (column) => column.notNull())
		.addColumn('status', 'text', (column) => column.notNull())
		.addColumn('record_id', 'text', (column) => column.notNull())
		.addColumn('ended_at', 'bigint')
		.addPrimaryKeyConstraint('consent_states_key', ['recipient_key', 'purpose'])
		.execute();
	await db.schema
		.createIndex('consent_states_by_end')
		.on('consent_states')
		.column('ended_at')
		.execute();
}
