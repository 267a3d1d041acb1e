import type { Writer } from '../../src/storage/database/store-database';

/** Takes away what the migrations after `0007-image-held` made. */
export async function undoLater(db: Writer): Promise<void> {
	await undoClicks(db);
	await undoRates(db);
	await db.schema.dropTable('privacy_reports').execute();
	await db.schema.dropTable('signing_keys').execute();
	await db.schema.dropIndex('recipients_by_address').execute();
	await db.schema.alterTable('recipients').dropColumn('address').execute();
}

/** Makes a store what it was before the migration `0021-batch-readers`. */
async function undoBatchReaders(db: Writer): Promise<void> {
	await db.schema.dropTable('batch_readers').execute();
	await db.schema.dropIndex('changed_opens_by_arrival').execute();
	await db.schema.alterTable('opens').dropColumn('first_stored_seq').execute();
	await forgetMigrations(db, '0021-batch-readers');
}

/** Makes a store what it was before the migration `0019-first-opens`. */
async function undoFirstOpens(db: Writer): Promise<void> {
	await undoBatchReaders(db);
	for (const name of ['first_open', 'quiet_days']) {
		await db.schema.alterTable('opens').dropColumn(name).execute();
	}
	await forgetMigrations(db, '0019-first-opens');
}

/** Makes a store what it was before the migration `0018-recipients-by-campaign`. */
async function undoRecipientsByCampaign(db: Writer): Promise<void> {
	await undoFirstOpens(db);
	for (const name of [
		'recipients_by_campaign',
		'recipient_tallies_by_bytes',
		'recipients_by_bytes',
	]) {
		await db.schema.dropIndex(name).ifExists().execute();
	}
	await db.schema
		.createIndex('recipients_in_campaigns')
		.on('recipient_tallies')
		.columns(['campaign_id', 'recipient_id', 'parent'])
		.execute();
	await forgetMigrations(db, '0018-recipients-by-campaign');
}

/** Makes a store what it was before the migration `0014-clicks`. */
export async function undoClicks(db: Writer): Promise<void> {
	await undoClickRates(db);
	await db.schema.dropTable('link_clicks').execute();
	for (const [table, columns] of Object.entries({
		opens: ['event', 'link_url', 'link_position', 'link_label'],
		recipient_tallies: ['clicks', 'machine_clicks'],
		tallies: ['clicks', 'machine_clicks', 'unique_clicks', 'opened_and_clicked'],
	})) {
		for (const name of columns) await db.schema.alterTable(table).dropColumn(name).execute();
	}
	await forgetMigrations(db, '0014-clicks');
}

/** Makes a store what it was before the migration `0015-click-rates`. */
export async function undoClickRates(db: Writer): Promise<void> {
	await undoRecipientsByCampaign(db);
	for (const name of ['clicks_by_campaign', 'clicks_by_pixel', 'recipients_clicked']) {
		await db.schema.dropIndex(name).execute();
	}
	await db.schema.alterTable('tallies').dropColumn('clicked_of_sent').execute();
	await forgetMigrations(db, '0015-click-rates');
}

/** Makes a store what it was before the migration `0011-open-rates`. */
export async function undoRates(db: Writer): Promise<void> {
	await db.schema.dropTable('open_numbers').execute();
	await db.schema.dropIndex('opens_by_storing').execute();
	await db.schema.alterTable('opens').dropColumn('stored_seq').execute();
	await db.schema.dropTable('recipient_segments').execute();
	for (const state of ['in_campaigns', 'opened', 'loaded_by_machines']) {
		await db.schema.dropIndex(`recipients_${state}`).execute();
	}
	for (const column of ['hidden_of_sent', 'first_sent_at', 'last_sent_at']) {
		await db.schema.alterTable('tallies').dropColumn(column).execute();
	}
	await forgetMigrations(db, '0011-open-rates');
}

/** Makes a store what it was before the migration `0007-image-held`. */
export async function undoImageHeld(db: Writer): Promise<void> {
	await undoLater(db);
	for (const part of ['ms', 'measurable']) {
		await db.schema
			.alterTable('opens')
			.renameColumn(`image_held_${part}`, `view_time_${part}`)
			.execute();
	}
	for (const table of ['opens', 'consent_records', 'consent_states'] as const) {
		await db
			.updateTable(table)
			.set({ purpose: 'view-time' })
			.where('purpose', '=', 'image-held')
			.execute();
	}
	await forgetMigrations(db, '0007-image-held');
}

/** Makes a store forget that it made this migration and the later ones. */
export async function forgetMigrations(db: Writer, from: string): Promise<void> {
	await db
		.withTables<{ schema_migrations: { name: string } }>()
		.deleteFrom('schema_migrations')
		.where('name', '>=', from)
		.execute();
}
