import { chunks } from '../database/chunks';
import type { Reader, Writer } from '../database/store-database';

/**
 * How long the id of an event that left counters only is kept. An event that is delivered again
 * later than this counts a second time; retries and spools are far quicker.
 */
export const SEEN_FOR_MS = 7 * 24 * 3_600_000;
const READ_ROWS = 1000;

/** Which of these ids were counted lately. */
export async function findSeen(db: Reader, ids: readonly string[]): Promise<Set<string>> {
	const found = new Set<string>();
	for (const part of chunks(ids, READ_ROWS)) {
		const rows = await db
			.selectFrom('seen_events')
			.select('event_id')
			.where('event_id', 'in', part)
			.execute();
		for (const row of rows) found.add(row.event_id);
	}
	return found;
}

/** Notes ids as counted, and forgets those of more than a week ago. */
export async function noteSeen(db: Writer, ids: readonly string[]): Promise<void> {
	const now = Date.now();
	for (const part of chunks(ids, READ_ROWS)) {
		const rows = part.map((event_id) => ({ event_id, seen_at: now }));
		await db.insertInto('seen_events').values(rows).execute();
	}
	await db
		.deleteFrom('seen_events')
		.where('seen_at', '<', now - SEEN_FOR_MS)
		.execute();
}
