import { sql } from 'kysely';

import type { OpenEvent } from '../../tracking/event/open-event';
import type { Reader } from '../database/store-database';
import { findAbout } from '../opens/find-by-id';
import { toOpenEvent } from '../opens/open-row';
import { isoOf } from '../counters/counts-view';
import type { ArrivedOpen, BatchStore, OpenKey } from '../port/batch-store';

/** See {@link BatchStore.listArrived}. */
export async function listArrived(
	db: Reader,
	{ after, upTo, limit }: Parameters<BatchStore['listArrived']>[0],
): Promise<ArrivedOpen[]> {
	const unchanged = db
		.selectFrom('opens')
		.select(['stored_seq as seq', 'event_id', 'occurred_at'])
		.where('first_stored_seq', 'is', null)
		.where('stored_seq', '>', after)
		.where('stored_seq', '<=', upTo)
		.orderBy('stored_seq')
		.limit(limit);
	// One statement reads both, so that one which changes meanwhile is in one of them.
	const changed = db
		.selectFrom('opens')
		.select([sql<number>`first_stored_seq`.as('seq'), 'event_id', 'occurred_at'])
		.where('first_stored_seq', '>', after)
		.where('first_stored_seq', '<=', upTo)
		.orderBy('first_stored_seq')
		.limit(limit);
	const rows = await db
		.selectFrom(unchanged.as('unchanged'))
		.selectAll()
		.unionAll(db.selectFrom(changed.as('changed')).selectAll())
		.orderBy('seq')
		.limit(limit)
		.execute();
	return rows.map(({ seq, event_id, occurred_at }) => ({
		seq,
		eventId: event_id,
		occurredAt: isoOf(occurred_at),
	}));
}

/** See {@link BatchStore.findOpens}. */
export async function findOpens(db: Reader, keys: readonly OpenKey[]): Promise<OpenEvent[]> {
	const rows = await findAbout(
		db,
		keys.map(({ eventId, occurredAt }) => ({
			event_id: eventId,
			occurred_at: Date.parse(occurredAt),
		})),
	);
	const found = new Map(rows.map((row) => [row.event_id, toOpenEvent(row)]));
	return keys.flatMap(({ eventId }) => found.get(eventId) ?? []);
}
