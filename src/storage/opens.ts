import type { SelectQueryBuilder } from 'kysely';

import { COUNTED_ACTORS } from '../tracking/open-event';
import type { OpenEvent } from '../tracking/open-event';
import { toOpenEvent, toOpenRow } from './open-row';
import type { Reader, Writer } from './store-database';
import { StoreError } from './store-error';
import type { OpenRow, StoreSchema } from './store-schema';
import type { OpenFilter, OpenPage, PageRequest, RecordResult } from './tracking-store';

/** 500 rows of 23 columns stay below SQLite's 32,766 parameters of one statement. */
const INSERT_ROWS = 500;

/** Writes the events that the log does not hold yet. */
export async function recordOpens(db: Writer, events: readonly OpenEvent[]): Promise<RecordResult> {
	const rows = new Map<string, OpenRow>();
	for (const row of events.map(toOpenRow)) rows.set(row.event_id, row);
	const fresh = [...rows.values()];
	let recorded = 0;
	for (let start = 0; start < fresh.length; start += INSERT_ROWS) {
		const inserted = await db
			.insertInto('opens')
			.values(fresh.slice(start, start + INSERT_ROWS))
			.onConflict((conflict) => conflict.column('event_id').doNothing())
			.returning('event_id')
			.execute();
		recorded += inserted.length;
	}
	return { recorded, duplicates: events.length - recorded };
}

/** One page of the log, newest first. */
export async function listOpens(db: Reader, request: PageRequest & OpenFilter): Promise<OpenPage> {
	const { limit, cursor } = request;
	if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
		throw new StoreError('invalid', 'The page size must be a whole number from 1 to 1,000.');
	}
	let query = withFilter(db.selectFrom('opens').selectAll(), request);
	if (cursor !== undefined) {
		const { occurredAt, eventId } = readCursor(cursor);
		query = query.where((is) =>
			is(is.refTuple('occurred_at', 'event_id'), '<', is.tuple(occurredAt, eventId)),
		);
	}
	const rows = await query
		.orderBy('occurred_at', 'desc')
		.orderBy('event_id', 'desc')
		.limit(limit + 1)
		.execute();
	const page = rows.slice(0, limit);
	const last = rows.length > limit ? page.at(-1) : undefined;
	return { opens: page.map(toOpenEvent), nextCursor: last ? writeCursor(last) : null };
}

function withFilter<Row>(
	query: SelectQueryBuilder<StoreSchema, 'opens', Row>,
	filter: OpenFilter,
): SelectQueryBuilder<StoreSchema, 'opens', Row> {
	const { recipientId, pixelId, campaignId, actorClass, actor, from, to } = filter;
	return query
		.$if(recipientId !== undefined, (q) => q.where('recipient_id', '=', recipientId ?? ''))
		.$if(pixelId !== undefined, (q) => q.where('pixel_id', '=', pixelId ?? ''))
		.$if(campaignId !== undefined, (q) => q.where('campaign_id', '=', campaignId ?? ''))
		.$if(actor !== undefined, (q) => q.where('actor', '=', actor ?? ''))
		.$if(actorClass === 'counted', (q) => q.where('actor', 'in', COUNTED_ACTORS))
		.$if(actorClass === 'machine', (q) => q.where('actor', 'not in', COUNTED_ACTORS))
		.$if(from !== undefined, (q) => q.where('occurred_at', '>=', Number(from)))
		.$if(to !== undefined, (q) => q.where('occurred_at', '<', Number(to)));
}

function writeCursor(row: OpenRow): string {
	return Buffer.from(JSON.stringify([row.occurred_at, row.event_id])).toString('base64url');
}

function readCursor(cursor: string): { occurredAt: number; eventId: string } {
	try {
		const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
		if (Array.isArray(parsed) && parsed.length === 2) {
			const [occurredAt, eventId] = parsed as unknown[];
			if (Number.isSafeInteger(occurredAt) && typeof eventId === 'string') {
				return { occurredAt: Number(occurredAt), eventId };
			}
		}
	} catch {
		// Answered below, like every other cursor that is none.
	}
	throw new StoreError('invalid', 'The cursor is not one that a page of this list gave out.');
}
