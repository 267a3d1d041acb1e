import { sql, type RawBuilder } from 'kysely';

import { checkLimit, readCursor, writeCursor } from '../database/cursor';
import { engineOf, type StoreDatabase, type Writer } from '../database/store-database';
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

/** The next number, for an open that changed and is to be given out again. */
export async function nextInStoringOrder(db: Writer): Promise<number | RawBuilder<number>> {
	return engineOf(db) === 'postgres' ? sql<number>`default` : await takeNumbers(db, 1);
}

async function takeNumbers(db: Writer, count: number): Promise<number> {
	const { last } = await db
		.updateTable('open_numbers')
		.set((is) => ({ last: is('last', '+', count) }))
		.returning('last')
		.executeTakeFirstOrThrow();
	return last;
}

/**
 * One page of opens in the order of storing.
 *
 * A writer on PostgreSQL has its numbers before its rows can be seen, so a page that simply went up
 * to the highest number could pass over one that is still to come. The highest number is therefore
 * asked for while no writer is at work; all numbers up to it are there or never will be.
 */
export async function listStoredOpens(
	{ read, write }: Pick<StoreDatabase, 'read' | 'write'>,
	{ limit, cursor }: PageRequest,
): Promise<StoredOpensPage> {
	checkLimit(limit);
	const [after] = cursor === undefined ? [0] : readCursor(cursor, 'number');
	// Without claims: it waits for all other writers, and they for it, for one look at an index.
	const { last } = await write((db) =>
		db
			.selectFrom('opens')
			.select((is) => is.fn.max('stored_seq').as('last'))
			.executeTakeFirstOrThrow(),
	);
	const rows = await read((db) =>
		db
			.selectFrom('opens')
			.selectAll()
			.where('stored_seq', '>', after)
			.where('stored_seq', '<=', last ?? 0)
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
