import type { Reader, StoreDatabase } from '../database/store-database';
import { deniedAmong } from '../people/denylist';

const ROWS = 1000;

/** Where ids of people are; each is found by an index, in its order. */
const PLACES: ReadonlyArray<(db: Reader, after: string) => Promise<Array<{ id: string }>>> = [
	...(
		[
			'recipient_tallies',
			'recipients',
			'recipient_segments',
			'last_open_days',
			'privacy_requests',
		] as const
	).map(
		(table) => async (db: Reader, after: string) =>
			await db
				.selectFrom(table)
				.select('recipient_id as id')
				.where('recipient_id', '>', after)
				.distinct()
				.orderBy('recipient_id')
				.limit(ROWS)
				.execute(),
	),
	async (db, after) =>
		await db
			.selectFrom('recipients')
			.select((is) => is.ref('address').$notNull().as('id'))
			.where('address', '>', after)
			.distinct()
			.orderBy('address')
			.limit(ROWS)
			.execute(),
	async (db, after) =>
		await db
			.selectFrom('consent_states')
			.select('recipient_key as id')
			.where('recipient_key', '>', after)
			.distinct()
			.orderBy('recipient_key')
			.limit(ROWS)
			.execute(),
];

/**
 * People of whom the store holds something although they are on the list of erased people, which
 * is so after an older store was put back. Reads in steps, so that opens get in between.
 *
 * @param denylistKeysOf the keys of a person on the list
 */
export async function findErased(
	database: StoreDatabase,
	denylistKeysOf: (recipientId: string) => readonly string[],
): Promise<string[]> {
	const erased = new Set<string>();
	for (const idsAfter of PLACES) {
		for (let after = ''; ; ) {
			const rows = await database.read((db) => idsAfter(db, after));
			const keys = new Map(rows.map(({ id }) => [id, denylistKeysOf(id)]));
			const denied = await database.read((db) => deniedAmong(db, [...keys.values()].flat()));
			for (const [id, own] of keys) if (own.some((key) => denied.has(key))) erased.add(id);
			const last = rows.at(-1);
			if (last === undefined || rows.length < ROWS) break;
			after = last.id;
		}
	}
	return [...erased];
}
