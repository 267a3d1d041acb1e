import { Readable } from 'node:stream';

import { Hono, type Context } from 'hono';
import { z } from 'zod4';

import { CAMPAIGN_COLUMNS, campaignRow } from '../../reports/campaign-rows';
import { LINK_COLUMNS, linkRow } from '../../reports/campaigns/links-csv';
import { csvOf } from '../../reports/csv';
import { exportRow, OPEN_COLUMNS } from '../../reports/open-rows';
import type { CampaignCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { StoreError } from '../../storage/port/store-error';
import { clicksInWords } from '../../tracking/counters/click-rates';
import { ratesInWords } from '../../tracking/counters/open-rates';
import type { ApiDeps } from '../api-deps';
import { ApiError, check, pixelNotFound } from '../api-error';
import { openApiDocument } from './openapi';

const MAX_LIMIT = 1000;

const limitSchema = z.coerce
	.number({ error: 'limit must be a whole number from 1 to 1,000.' })
	.int('limit must be a whole number from 1 to 1,000.')
	.min(1, 'limit must be a whole number from 1 to 1,000.')
	.max(MAX_LIMIT, 'limit must be a whole number from 1 to 1,000.');
const eventsQuery = z.object({
	limit: limitSchema.default(MAX_LIMIT),
	cursor: z.string().optional(),
	format: z.enum(['jsonl', 'csv'], { error: 'format must be jsonl or csv.' }).default('jsonl'),
});
const campaignsQuery = z.object({
	limit: limitSchema.default(100),
	offset: z.coerce
		.number({ error: 'offset must be a whole number from 0.' })
		.int('offset must be a whole number from 0.')
		.min(0, 'offset must be a whole number from 0.')
		.default(0),
	search: z.string().optional(),
	format: z.enum(['json', 'csv'], { error: 'format must be json or csv.' }).default('json'),
});

const linksQuery = z.object({
	campaignId: z.string().optional(),
	pixelId: z.string().optional(),
	format: z.enum(['json', 'csv'], { error: 'format must be json or csv.' }).default('json'),
});

/**
 * What other programs read: `GET /api/v1/events`, all opens and clicks in the order of storing by a
 * cursor; `GET /api/v1/campaigns` with the three open rates and the click rates; `GET /api/v1/links`
 * with the links that were followed; and `GET /api/openapi.json`, which describes
 * every route.
 */
export function dataRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.get('/api/v1/events', async (c) => {
		const { limit, cursor, format } = check(c.req.query(), eventsQuery);
		const store = await deps.openStore();
		const page = await store.listStoredOpens({ limit, cursor: cursor || undefined }).catch(refuseCursor);
		c.header('x-has-more', String(page.hasMore));
		if (page.cursor !== null) c.header('x-next-cursor', page.cursor);
		if (format === 'csv') return csv(c, OPEN_COLUMNS, page.opens.map(exportRow));
		const lines = page.opens.map((open) => `${JSON.stringify(open)}\n`).join('');
		return c.body(lines, 200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
	});

	app.get('/api/v1/campaigns', async (c) => {
		const { format, ...request } = check(c.req.query(), campaignsQuery);
		const store = await deps.openStore();
		const { rows, hasMore } = await store.searchCampaigns(request);
		c.header('x-has-more', String(hasMore));
		if (format === 'csv') return csv(c, CAMPAIGN_COLUMNS, rows.map(campaignRow));
		return c.json({ campaigns: rows.map(campaignOf), hasMore });
	});

	app.get('/api/v1/links', async (c) => {
		const { format, ...place } = check(c.req.query(), linksQuery);
		const store = await deps.openStore();
		const links = await store.listLinkClicks(await knownPlace(store, place));
		if (format === 'csv') return csv(c, LINK_COLUMNS, links.map(linkRow));
		return c.json({ links });
	});

	app.get('/api/openapi.json', async (c) => {
		const { baseUrl } = await deps.signing();
		const headerName = (await deps.access())?.headerName ?? 'X-Api-Key';
		return c.json(openApiDocument({ baseUrl, headerName }));
	});

	return app;
}

/** Of what the links are asked for: one campaign or one pixel that there is. */
async function knownPlace(
	store: TrackingStore,
	{ campaignId, pixelId }: { campaignId?: string; pixelId?: string },
): Promise<{ pixelId: string } | { campaignId: string }> {
	if (campaignId !== undefined && pixelId === undefined) {
		if ((await store.getCampaign(campaignId)) !== null) return { campaignId };
		throw new ApiError(404, 'Campaign not found');
	}
	if (pixelId !== undefined && campaignId === undefined) {
		// A tracked link can name a pixel that nobody made, which then has counters alone.
		if ((await store.getStatus({ pixelId })) !== null) return { pixelId };
		throw pixelNotFound();
	}
	throw new ApiError(400, 'Give campaignId or pixelId, one of the two.');
}

/** A campaign as the API shows it. */
function campaignOf(campaign: CampaignCounts) {
	const { campaignId, rates, opens, uniqueOpens, machineOpens } = campaign;
	const { clicks, uniqueClicks, machineClicks, clickRates } = campaign;
	const { firstSentAt, firstOpenAt, lastOpenAt } = campaign;
	return {
		campaignId,
		rates,
		ratesInWords: ratesInWords(rates),
		opens,
		uniqueOpens,
		machineOpens,
		clicks,
		uniqueClicks,
		machineClicks,
		clickRates,
		clicksInWords: clicksInWords(clickRates),
		firstSentAt,
		firstOpenAt,
		lastOpenAt,
	};
}

function csv(
	c: Context,
	columns: readonly string[],
	rows: ReadonlyArray<Array<string | number | null>>,
): Response {
	const file = Readable.toWeb(csvOf(columns, Readable.from(rows))) as ReadableStream<Uint8Array>;
	return c.body(file, 200, { 'content-type': 'text/csv; charset=utf-8' });
}

/** A cursor that is none is the requester's fault. */
function refuseCursor(error: unknown): never {
	if (error instanceof StoreError && error.code === 'invalid') {
		throw new ApiError(400, 'The cursor is none. Use X-Next-Cursor of the answer before.');
	}
	throw error;
}
