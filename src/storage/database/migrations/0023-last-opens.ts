import { sql, type Kysely } from 'kysely';

import { engineOf, schemaOf } from '../store-database';
import type { StoreSchema } from '../store-schema';

/**
 * The last open of a person has a row of its own. An index of the counters found it before, which an
 * open on another day changed, and with it on PostgreSQL all indexes of these counters.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.createTable('last_opens')
		.addColumn('recipient_id', 'text', (column) => column.notNull())
		.addColumn('at', 'bigint', (column) => column.notNull())
		.addPrimaryKeyConstraint('last_opens_key', ['recipient_id'])
		.execute();
	if (engineOf(db) === 'postgres') {
		// Room on each page for the changed row, so that no index is written for it.
		await sql`alter table ${sql.table(`${schemaOf(db)}.last_opens`)} set (fillfactor = 80)`.execute(
			db,
		);
	}
	await (db as Kysely<StoreSchema>)
		.insertInto('last_opens')
		.columns(['recipient_id', 'at'])
		.expression((is) =>
			is
				.selectFrom('recipient_tallies')
				.select(({ fn, ref }) => ['recipient_id', fn.max(ref('last_open_at').$notNull()).as('at')])
				.where('recipient_id', '<>', '')
				.where('last_open_at', 'is not', null)
				.groupBy('recipient_id'),
		)
		.execute();
	await db.schema.dropIndex('recipient_tallies_by_last_open').execute();
	await db.schema.alterTable('recipient_tallies').dropColumn('last_open_day').execute();
	await db.schema
		.createIndex('recipient_tallies_by_recipient')
		.on('recipient_tallies')
		.column('recipient_id')
		.execute();
}
