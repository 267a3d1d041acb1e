import type { SelectQueryBuilder } from 'kysely';

import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import type { OpenEvent } from '../../tracking/event/open-event';
import { timeOf } from '../database/checked-input';
import { checkLimit, MAX_PAGE, readCursor, toPage } from '../database/cursor';
import { engineOf, type Reader, type StoreDatabase } from '../database/store-database';
import type { StoreSchema } from '../database/store-schema';
import { StoreError } from '../port/store-error';
import type { OpenFilter, OpenPage, OpenPageRequest } from '../port/tracking-store';
import { listNames } from '../people/names';
import { toOpenEvent } from './open-row';

const FEW_CARRIERS = 500;
/**
 * Most pages are full within a week. To plan a question to each of its many partitions takes PostgreSQL
 * ten times as long, so those days are asked first.
 */
const RECENT_MS = 7 * 86_400_000;

/** One page of the log, newest first. */
export async function listOpens(db: Reader, request: OpenPageRequest): Promise<OpenPage> {
	const { limit, cursor, offset = 0 } = request;
	checkLimit(limit);
	if (!Number.isSafeInteger(offset) || offset < 0) {
		throw new StoreError('invalid', 'The offset must be a whole number from 0 up.');
	}
	let query = withFilter(db.selectFrom('opens').selectAll(), request);
	if (request.recipientId !== undefined) {
		const names = await listNames(db, request.recipientId);
		query = query.where(
			'opens.recipient_id',
			'in',
			names.map(({ name }) => name),
		);
	}
	if (request.segment !== undefined) {
		const carriers = await carriersOf(db, request.segment);
		if (carriers?.length === 0) return { opens: [], nextCursor: null };
		const { segment } = request;
		query =
			carriers === null
				? query.where((is) =>
						is.exists(
							is
								.selectFrom('recipient_segments as label')
								.select('label.segment')
								.whereRef('label.recipient_id', '=', 'opens.recipient_id')
								.where('label.segment', '=', segment),
						),
					)
				: query.where('opens.recipient_id', 'in', carriers);
	}
	let end = Date.now();
	if (cursor !== undefined) {
		const [occurredAt, eventId] = readCursor(cursor, 'number');
		end = occurredAt;
		query = query.where((is) =>
			is(is.refTuple('occurred_at', 'event_id'), '<', is.tuple(occurredAt, eventId)),
		);
	}
	const newestFirst = query
		.orderBy('occurred_at', 'desc')
		.orderBy('event_id', 'desc')
		.limit(limit + 1)
		.offset(offset);
	const isSplit = engineOf(db) === 'postgres' && offset === 0;
	const recent = isSplit
		? await newestFirst.where('occurred_at', '>=', end - RECENT_MS).execute()
		: [];
	const rows = recent.length > limit ? recent : await newestFirst.execute();
	const { page, nextCursor } = toPage(rows, limit, (row) => [row.occurred_at, row.event_id]);
	return { opens: page.map(toOpenEvent), nextCursor };
}

/**
 * Who carries a segment; `null` where these are so many that the log is sooner read from its end,
 * and each open asked for its recipient.
 */
async function carriersOf(db: Reader, segment: string): Promise<string[] | null> {
	const rows = await db
		.selectFrom('recipient_segments')
		.select('recipient_id')
		.where('segment', '=', segment)
		.limit(FEW_CARRIERS + 1)
		.execute();
	return rows.length > FEW_CARRIERS ? null : rows.map((row) => row.recipient_id);
}

/** All opens that match, newest first, a page in memory at a time. */
export async function* streamOpens(
	database: StoreDatabase,
	filter: OpenFilter,
): AsyncGenerator<OpenEvent, void, undefined> {
	let cursor: string | undefined;
	do {
		const request = { ...filter, limit: MAX_PAGE, cursor };
		const { opens, nextCursor } = await database.read((db) => listOpens(db, request));
		yield* opens;
		cursor = nextCursor ?? undefined;
	} while (cursor !== undefined);
}

function withFilter<Row>(
	query: SelectQueryBuilder<StoreSchema, 'opens', Row>,
	filter: OpenFilter,
): SelectQueryBuilder<StoreSchema, 'opens', Row> {
	const { event = 'open', pixelId, campaignId, actorClass, actor, from, to } = filter;
	let filtered = query;
	if (event !== 'any') filtered = filtered.where('event', '=', event);
	if (pixelId !== undefined) filtered = filtered.where('pixel_id', '=', pixelId);
	if (campaignId !== undefined) filtered = filtered.where('campaign_id', '=', campaignId);
	if (actor !== undefined) filtered = filtered.where('actor', '=', actor);
	if (actorClass === 'counted') filtered = filtered.where('actor', 'in', COUNTED_ACTORS);
	if (actorClass === 'machine') filtered = filtered.where('actor', 'not in', COUNTED_ACTORS);
	if (from !== undefined)
		filtered = filtered.where('occurred_at', '>=', timeOf(from, 'start of the period'));
	if (to !== undefined)
		filtered = filtered.where('occurred_at', '<', timeOf(to, 'end of the period'));
	return filtered;
}
