import { sql, type Selectable } from 'kysely';
import { validate, version } from 'uuid';

import { chunks } from '../database/chunks';
import { engineOf, type Reader, type Writer } from '../database/store-database';
import type { OpenRow, StoredOpensTable } from '../database/store-schema';

/*
 * PostgreSQL keeps opens in partitions by day, and an id alone would be looked for in each of them.
 * Most ids are UUIDs of version 7, which begin with the time (RFC 9562, 5.7) of the load.
 */

/** Where an open lies. */
type RowKey = Pick<OpenRow, 'event_id' | 'occurred_at'>;

const READ_ROWS = 500;
/** How far the time of an open may be from that of its id: modes store the hour or the day. */
const NEAR_MS = 2 * 86_400_000;

/**
 * Whether an open that comes again comes with about the same time: where that is what its id tells, and
 * where the id is made from what the open is (versions 5 and 8).
 */
export function comesAtItsTime({ event_id, occurred_at }: RowKey): boolean {
	const time = timeOfId(event_id);
	if (time !== null) return Math.abs(time - occurred_at) <= NEAR_MS;
	return validate(event_id) && [5, 8].includes(version(event_id));
}

function timeOfId(id: string): number | null {
	const isTime = validate(id) && version(id) === 7;
	return isTime ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null;
}

/** Those of these opens that the log has, about their times, in no order. */
export async function findAbout(
	db: Reader,
	keys: readonly RowKey[],
): Promise<Array<Selectable<StoredOpensTable>>> {
	const found: Array<Selectable<StoredOpensTable>> = [];
	for (const part of chunks(keys, READ_ROWS)) {
		const ids = part.map((row) => row.event_id);
		const times = part.map((row) => row.occurred_at);
		found.push(...(await readById(db, ids, times)));
	}
	return found;
}

/** The opens with these ids, as far as the log has them, in no order. */
export async function findById(
	db: Reader,
	ids: readonly string[],
): Promise<Array<Selectable<StoredOpensTable>>> {
	const found: Array<Selectable<StoredOpensTable>> = [];
	for (const part of chunks(ids, READ_ROWS)) {
		const times = part.flatMap((id) => timeOfId(id) ?? []);
		if (times.length > 0) found.push(...(await readById(db, part, times)));
		const known = new Set(found.map((row) => row.event_id));
		const others = part.filter((id) => !known.has(id));
		if (others.length > 0) found.push(...(await readById(db, others)));
	}
	return found;
}

/** The opens with these ids; where times are given, those about one of them or between. */
async function readById(
	db: Reader,
	ids: readonly string[],
	times?: readonly number[],
): Promise<Array<Selectable<StoredOpensTable>>> {
	let opens = db.selectFrom('opens').selectAll();
	if (times) {
		opens = opens
			.where('occurred_at', '>=', Math.min(...times) - NEAR_MS)
			.where('occurred_at', '<=', Math.max(...times) + NEAR_MS);
	}
	if (engineOf(db) === 'sqlite') return await opens.where('event_id', 'in', ids).execute();
	// One by one by their key. Asked for a list, PostgreSQL reads all opens of these times where it has no
	// statistics yet, as of a day that has just begun.
	return await db
		.selectFrom(
			sql<{ event_id: string }>`unnest(${ids}::text[])`.as<'wanted'>(sql`wanted(event_id)`),
		)
		.innerJoinLateral(
			opens.whereRef('opens.event_id', '=', sql.ref('wanted.event_id')).limit(1).as('open'),
			(join) => join.onTrue(),
		)
		.selectAll('open')
		.execute();
}

/** Takes opens out of the log, with the history of their labels. */
export async function deleteRows(db: Writer, rows: readonly RowKey[]): Promise<void> {
	if (rows.length === 0) return;
	const ids = rows.map((row) => row.event_id);
	const times = rows.map((row) => row.occurred_at);
	await db.deleteFrom('label_history').where('event_id', 'in', ids).execute();
	await db
		.deleteFrom('opens')
		.where('event_id', 'in', ids)
		.where('occurred_at', '>=', Math.min(...times))
		.where('occurred_at', '<=', Math.max(...times))
		.execute();
}
