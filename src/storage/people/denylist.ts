import { chunks } from '../database/chunks';
import { isOneOf, listQuery } from '../database/list-query';
import type { Reader, Writer } from '../database/store-database';

const ROWS = 1000;

/** Which of these keys are on the list of erased people, by reads of the primary key. */
export async function deniedAmong(
	db: Reader,
	denylistKeys: readonly string[],
): Promise<Set<string>> {
	const rows = await entriesOf(db, [...new Set(denylistKeys)]);
	return new Set(rows.map(({ id }) => id));
}

const entriesOf = listQuery((db, asked) =>
	db
		.selectFrom('denylist')
		.select('id')
		.where(isOneOf(db, 'id', asked)),
);

/** Puts keys on the list of erased people. Returns how many were not on it. */
export async function deny(
	db: Writer,
	denylistKeys: readonly string[],
	now: Date,
): Promise<number> {
	let added = 0;
	for (const part of chunks([...new Set(denylistKeys)], ROWS)) {
		const rows = await db
			.insertInto('denylist')
			.values(part.map((id) => ({ id, since: now.getTime() })))
			.onConflict((conflict) => conflict.column('id').doNothing())
			.returning('id')
			.execute();
		added += rows.length;
	}
	return added;
}
