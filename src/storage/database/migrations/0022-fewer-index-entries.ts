import { sql, type Kysely } from 'kysely';

import { engineOf, schemaOf } from '../store-database';

/**
 * A repeated load within a day changes counters that no index names from here on, so that PostgreSQL
 * writes no index for it; it leaves room on each page for the changed row. Those whom machines alone
 * loaded are found by the index of their campaign. The last open of a person is found by its day,
 * without reading every message that the person has got: a day changes seldom, a time each time.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	const isPostgres = engineOf(db) === 'postgres';
	await db.schema.dropIndex('recipients_loaded_by_machines').execute();
	await db.schema.dropIndex('recipient_tallies_by_recipient').execute();
	if (isPostgres) {
		const table = sql.table(`${schemaOf(db)}.recipient_tallies`);
		await sql`alter table ${table} set (fillfactor = 80)`.execute(db);
	}
	await db.schema
		.alterTable('recipient_tallies')
		// PostgreSQL writes the table anew for it; SQLite can add only one that is not stored.
		.addColumn('last_open_day', 'bigint', (column) => {
			const generated = column.generatedAlwaysAs(sql`last_open_at / 86400000`);
			return isPostgres ? generated.stored() : generated;
		})
		.execute();
	await db.schema
		.createIndex('recipient_tallies_by_last_open')
		.on('recipient_tallies')
		.columns(['recipient_id', 'last_open_day'])
		.execute();
}
