import type { Kysely } from 'kysely';

/** Events are opens or clicks; clicks are counted per recipient, in the sums, and per link. */
export async function up(db: Kysely<unknown>): Promise<void> {
	// One column per statement: SQLite adds no more at once.
	await db.schema
		.alterTable('opens')
		.addColumn('event', 'text', (column) => column.notNull().defaultTo('open'))
		.execute();
	for (const name of ['link_url', 'link_label'] as const) {
		await db.schema.alterTable('opens').addColumn(name, 'text').execute();
	}
	await db.schema.alterTable('opens').addColumn('link_position', 'bigint').execute();

	const added = {
		recipient_tallies: ['clicks', 'machine_clicks'],
		tallies: ['clicks', 'machine_clicks', 'unique_clicks', 'opened_and_clicked'],
	};
	for (const [table, columns] of Object.entries(added)) {
		for (const name of columns) {
			await db.schema
				.alterTable(table)
				.addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0))
				.execute();
		}
	}

	await db.schema
		.createTable('link_clicks')
		.addColumn('scope', 'text', (column) => column.notNull())
		.addColumn('scope_id', 'text', (column) => column.notNull())
		.addColumn('position', 'bigint', (column) => column.notNull())
		.addColumn('label', 'text', (column) => column.notNull())
		.addColumn('site', 'text', (column) => column.notNull())
		.addColumn('clicks', 'bigint', (column) => column.notNull())
		.addColumn('machine_clicks', 'bigint', (column) => column.notNull())
		.addPrimaryKeyConstraint('link_clicks_key', ['scope', 'scope_id', 'position', 'label', 'site'])
		.execute();
}
