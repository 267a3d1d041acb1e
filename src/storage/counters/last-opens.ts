import { chunks } from '../database/chunks';
import { insertRows } from '../database/insert-rows';
import type { Reader, Writer } from '../database/store-database';

/*
 * When each recipient last opened any email, in whatever pixel or campaign: the newest of their
 * counters, kept beside them. To find it among the counters takes an index by that time, which each
 * open would change.
 */

const ROWS = 500;

/** When each of these recipients last opened; those who never did are left out. */
export async function readLastOpens(
	db: Reader,
	recipientIds: readonly string[],
): Promise<Map<string, number>> {
	const found = new Map<string, number>();
	for (const part of chunks(recipientIds, ROWS)) {
		const rows = await db
			.selectFrom('last_opens')
			.selectAll()
			.where('recipient_id', 'in', part)
			.execute();
		for (const { recipient_id, at } of rows) found.set(recipient_id, at);
	}
	return found;
}

/** Notes opens of recipients, by their ids; one that is older than what is known changes nothing. */
export async function raiseLastOpens(
	db: Writer,
	opens: ReadonlyMap<string, number>,
): Promise<void> {
	// In one order, so that no two transactions wait for each other in a circle.
	const sorted = [...opens].sort(([a], [b]) => (a < b ? -1 : 1));
	for (const part of chunks(sorted, ROWS)) {
		const rows = part.map(([recipient_id, at]) => ({ recipient_id, at }));
		await insertRows(db, 'last_opens', rows)
			.onConflict((conflict) =>
				conflict
					.column('recipient_id')
					.doUpdateSet((is) => ({ at: is.ref('excluded.at') }))
					.whereRef('last_opens.at', '<', 'excluded.at'),
			)
			.execute();
	}
}

/** Finds out anew when these recipients last opened, after counters of theirs fell or went. */
export async function refreshLastOpens(db: Writer, recipientIds: Iterable<string>): Promise<void> {
	for (const part of chunks([...new Set(recipientIds)], ROWS)) {
		await db.deleteFrom('last_opens').where('recipient_id', 'in', part).execute();
		await db
			.insertInto('last_opens')
			.columns(['recipient_id', 'at'])
			.expression((is) =>
				is
					.selectFrom('recipient_tallies')
					.select(({ fn, ref }) => [
						'recipient_id',
						fn.max(ref('last_open_at').$notNull()).as('at'),
					])
					.where('recipient_id', 'in', part)
					.where('recipient_id', '<>', '')
					.where('last_open_at', 'is not', null)
					.groupBy('recipient_id'),
			)
			.execute();
	}
}
