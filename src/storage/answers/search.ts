import { sql, type ExpressionBuilder, type RawBuilder } from 'kysely';

import { isoOrNull } from '../counters/counts-view';
import { toPixelTally } from '../counters/tally-rows';
import type { Reader, StoreDatabase } from '../database/store-database';
import type { StoreSchema } from '../database/store-schema';
import { segmentsOf } from '../people/segments';
import { selectPixels, toPixel } from '../pixels/pixels';
import type {
	CampaignSort,
	FoundRecipient,
	ListPage,
	PixelSort,
	SearchRequest,
} from '../port/answers-store';
import type { CampaignCounts, Pixel } from '../port/counts';
import { toCampaign } from '../statistics/statistics';
import { pageOf, toListPage } from './list-page';
import { beginsWith, byBytes, contains } from './search-text';

type Engine = StoreDatabase['engine'];

const OPENS = sql`(human + human_via_proxy + unknown) desc`;
const CAMPAIGN_ORDERS: Record<CampaignSort, RawBuilder<unknown>> = {
	lastLoad: sql`last_load_at desc nulls last`,
	name: sql`scope_id`,
	sent: sql`sent desc`,
	confirmed: sql`1.0 * opened_of_sent / nullif(sent_recipients, 0) desc nulls last`,
	likely: sql`1.0 * opened_of_sent / nullif(sent_recipients - hidden_of_sent, 0) desc nulls last`,
	uniqueOpens: sql`unique_opens desc`,
	opens: OPENS,
	clicked: sql`1.0 * clicked_of_sent / nullif(sent_recipients, 0) desc nulls last, clicks desc`,
	lastOpen: sql`last_open_at desc nulls last`,
};
const PIXEL_ORDERS: Record<PixelSort, RawBuilder<unknown>> = {
	created: sql`pixels.created_at desc`,
	name: sql`pixels.name`,
	uniqueOpens: sql`unique_opens desc`,
	opens: OPENS,
	lastOpen: sql`last_open_at desc nulls last`,
};

/** Campaigns by a part of their id, in one of the orders. */
export async function searchCampaigns(
	db: Reader,
	request: SearchRequest & { sort?: CampaignSort },
): Promise<ListPage<CampaignCounts>> {
	const { take, skip } = pageOf(request);
	const { search, sort = 'lastLoad' } = request;
	const rows = await db
		.selectFrom('tallies')
		.selectAll()
		.where('scope', '=', 'campaign')
		.$if(Boolean(search), (query) => query.where(contains('scope_id', search ?? '')))
		.orderBy(CAMPAIGN_ORDERS[sort])
		.orderBy('scope_id')
		.limit(take)
		.offset(skip)
		.execute();
	return toListPage(rows, request, (row) => toCampaign(row.scope_id, toPixelTally(row)));
}

/** Pixels by a part of their name or campaign or the beginning of their id, in one of the orders. */
export async function searchPixels(
	db: Reader,
	engine: Engine,
	request: SearchRequest & { campaignId?: string; sort?: PixelSort },
): Promise<ListPage<Pixel>> {
	const { take, skip } = pageOf(request);
	const { search, campaignId, sort = 'created' } = request;
	let query = selectPixels(db);
	if (campaignId !== undefined) query = query.where('pixels.campaign_id', '=', campaignId);
	if (search) {
		query = query.where((is) =>
			is.or([
				contains('pixels.name', search),
				contains('pixels.campaign_id', search),
				beginsWith(engine, 'pixels.id', search),
			]),
		);
	}
	const rows = await query
		.orderBy(PIXEL_ORDERS[sort])
		.orderBy('pixels.id', 'desc')
		.limit(take)
		.offset(skip)
		.execute();
	return toListPage(rows, request, toPixel);
}

/**
 * Recipients by the beginning of their id or address, in the order of what begins so, with the sums
 * over all emails to that id.
 */
export async function searchRecipients(
	db: Reader,
	engine: Engine,
	request: SearchRequest & { segment?: string },
): Promise<ListPage<FoundRecipient>> {
	const { take, skip } = pageOf(request);
	const { search, segment } = request;
	const carriers = (is: ExpressionBuilder<StoreSchema, 'recipient_tallies' | 'recipients'>) =>
		is
			.selectFrom('recipient_segments as label')
			.select('label.segment')
			.where('label.segment', '=', segment ?? '');
	// Each kind of name in its own order and no further than this page, so that few are read.
	const ids = db
		.selectFrom('recipient_tallies')
		.select(byBytes(engine, 'recipient_id').as('name'))
		.distinct()
		.where('recipient_id', '<>', sql.lit(''))
		.$if(Boolean(search), (query) => query.where(beginsWith(engine, 'recipient_id', search ?? '')))
		.$if(segment !== undefined, (query) =>
			query.where((is) =>
				is.exists(
					carriers(is).whereRef('label.recipient_id', '=', 'recipient_tallies.recipient_id'),
				),
			),
		)
		.orderBy('name')
		.limit(take + skip);
	const addresses = db
		.selectFrom('recipients')
		.select([byBytes(engine, 'address').as('name'), 'recipient_id as id'])
		.distinct()
		.where(beginsWith(engine, 'address', (search ?? '').trim().toLowerCase()))
		.$if(segment !== undefined, (query) =>
			query.where((is) =>
				is.exists(carriers(is).whereRef('label.recipient_id', '=', 'recipients.recipient_id')),
			),
		)
		.orderBy('name')
		.orderBy('id')
		.limit(take + skip);
	const found = db.selectFrom(ids.as('found')).select(['name', 'name as id']);
	const both = found.unionAll(db.selectFrom(addresses.as('found')).select(['name', 'id']));
	const shown = await db
		.selectFrom((search ? both : found).as('found'))
		.select('id as recipient_id')
		.groupBy('id')
		.orderBy((is) => is.fn.min('name'))
		.limit(take)
		.offset(skip)
		.execute();
	const names = shown.map((row) => row.recipient_id);
	const countsOf = await findRecipients(db, names);
	return toListPage(names, request, (name) => countsOf(name));
}

async function findRecipients(
	db: Reader,
	names: readonly string[],
): Promise<(name: string) => FoundRecipient> {
	const shown = names.length === 0 ? [''] : names;
	const sums = await db
		.selectFrom('recipient_tallies')
		.select('recipient_id')
		.select((is) => [
			is.fn.max('last_open_at').as('last_open_at'),
			is.fn.max('last_load_at').as('last_load_at'),
		])
		.select(
			(
				[
					'human',
					'human_via_proxy',
					'unknown',
					'prefetch',
					'scanner',
					'bot',
					'sent',
					'clicks',
					'machine_clicks',
				] as const
			).map((name) => sql<number>`cast(sum(${sql.ref(name)}) as bigint)`.as(name)),
		)
		.where('recipient_id', 'in', shown)
		.groupBy('recipient_id')
		.execute();
	const emails = await db
		.selectFrom('recipients')
		.select(['recipient_id', 'email'])
		.where('recipient_id', 'in', shown)
		.where('email', 'is not', null)
		.execute();
	const segments = await segmentsOf(db, names);
	const byName = new Map(sums.map((row) => [row.recipient_id, row]));
	const emailOf = new Map(emails.map((row) => [row.recipient_id, row.email]));
	return (name) => {
		const row = byName.get(name);
		return {
			recipientId: name,
			email: emailOf.get(name) ?? null,
			sent: row?.sent ?? 0,
			opens: (row?.human ?? 0) + (row?.human_via_proxy ?? 0) + (row?.unknown ?? 0),
			machineOpens: (row?.prefetch ?? 0) + (row?.scanner ?? 0) + (row?.bot ?? 0),
			clicks: row?.clicks ?? 0,
			machineClicks: row?.machine_clicks ?? 0,
			lastOpenAt: isoOrNull(row?.last_open_at ?? null),
			lastLoadAt: isoOrNull(row?.last_load_at ?? null),
			segments: segments.get(name) ?? [],
		};
	};
}
