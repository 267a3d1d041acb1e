import { sql, type RawBuilder } from 'kysely';

import { checkLimit, readCursor, writeCursor } from '../database/cursor';
import { engineOf, type Reader, type StoreDatabase, type Writer } from '../database/store-database';
import type { OpenRow } from '../database/store-schema';
import type { PageRequest, StoredOpensPage } from '../port/tracking-store';
import { toOpenEvent } from './open-row';

/**
 * Rows with their numbers in the order of storing. On PostgreSQL the column takes them from a
 * sequence, since writers there do not wait for each other.
 */
export async function inStoringOrder<Row extends OpenRow>(
	db: Writer,
	rows: readonly Row[],
): Promise<Array<Row & { stored_seq?: number }>> {
	if (engineOf(db) === 'postgres') return [...rows];
	const last = await takeNumbers(db, rows.length);
	return rows.map((row, index) => ({ ...row, stored_seq: last - rows.length + index + 1 }));
}

/**
 * What an open gets that changed and is to be given out again: the next number, and a note of the
 * one it came in with.
 */
export async function againInStoringOrder(db: Writer): Promise<{
	stored_seq: number | RawBuilder<number>;
	first_stored_seq: RawBuilder<number>;
}> {
	return {
		stored_seq: engineOf(db) === 'postgres' ? sql<number>`default` : await takeNumbers(db, 1),
		first_stored_seq: sql<number>`coalesce(first_stored_seq, stored_seq)`,
	};
}

async function takeNumbers(db: Writer, count: number): Promise<number> {
	const { last } = await db
		.updateTable('open_numbers')
		.set((is) => ({ last: is('last', '+', count) }))
		.returning('last')
		.executeTakeFirstOrThrow();
	return last;
}

/** The highest number there is or was, 0 where there is none. */
export async function newestNumber(db: Reader): Promise<number> {
	if (engineOf(db) === 'postgres') {
		const numbers = db.withTables<{ opens_stored: { last_value: number; is_called: boolean } }>();
		const { last_value, is_called } = await numbers
			.selectFrom('opens_stored')
			.selectAll()
			.executeTakeFirstOrThrow();
		return is_called ? last_value : 0;
	}
	const { last } = await db
		.selectFrom('opens')
		.select((is) => is.fn.max('stored_seq').as('last'))
		.executeTakeFirstOrThrow();
	return last ?? 0;
}

/**
 * The number up to which nothing more comes in.
 *
 * A writer on PostgreSQL has its numbers before its rows can be seen, so who simply reads up to the
 * highest number could pass over one that is still to come. The highest number is therefore
 * asked for while no writer is at work; all numbers up to it are there or never will be.
 */
export async function settledNumber({ write }: Pick<StoreDatabase, 'write'>): Promise<number> {
	// Without claims: it waits for all other writers, and they for it, for one look at an index.
	return await write(newestNumber);
}

/** One page of opens in the order of storing. */
export async function listStoredOpens(
	database: Pick<StoreDatabase, 'read' | 'write'>,
	{ limit, cursor }: PageRequest,
): Promise<StoredOpensPage> {
	checkLimit(limit);
	const [after] = cursor === undefined ? [0] : readCursor(cursor, 'number');
	const last = await settledNumber(database);
	const rows = await database.read((db) =>
		db
			.selectFrom('opens')
			.selectAll()
			.where('stored_seq', '>', after)
			.where('stored_seq', '<=', last)
			.orderBy('stored_seq')
			.limit(limit + 1)
			.execute(),
	);
	const shown = rows.slice(0, limit);
	const end = shown.at(-1)?.stored_seq;
	return {
		opens: shown.map(toOpenEvent),
		cursor: end === undefined ? (cursor ?? null) : writeCursor([end, 'stored']),
		hasMore: rows.length > limit,
	};
}
