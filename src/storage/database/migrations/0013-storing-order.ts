import type { Kysely } from 'kysely';
import { sql } from 'kysely';

import { engineOf } from '../store-database';
import type { StoreSchema } from '../store-schema';

/**
 * Opens get a number in the order in which they were stored, by which a copy elsewhere is kept up to
 * date: the time of an open does not say when it came in. PostgreSQL gives the number itself.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	const isPostgres = engineOf(db) === 'postgres';
	await db.schema
		.alterTable('opens')
		.addColumn('stored_seq', 'bigint', (column) =>
			isPostgres ? column.generatedByDefaultAsIdentity() : column,
		)
		.execute();
	await db.schema
		.createTable('open_numbers')
		.addColumn('last', 'bigint', (column) => column.notNull())
		.execute();
	const store = db as Kysely<StoreSchema>;
	// There rows are numbered as they are stored; PostgreSQL did it when it added the column.
	if (!isPostgres)
		await store
			.updateTable('opens')
			.set({ stored_seq: sql`rowid` })
			.execute();
	const { last } = await store
		.selectFrom('opens')
		.select((is) => is.fn.max('stored_seq').as('last'))
		.executeTakeFirstOrThrow();
	await store
		.insertInto('open_numbers')
		.values({ last: last ?? 0 })
		.execute();
	await db.schema
		.createIndex('opens_by_storing')
		.on('opens')
		.columns(['stored_seq', 'event_id'])
		.execute();
}
