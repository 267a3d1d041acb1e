import { Readable } from 'node:stream';

import { Hono, type Context } from 'hono';

import {
	campaignPage,
	knownRecipientFilter,
	recipientsAsked,
	type CampaignView,
} from '../../reports/campaigns/campaign-page';
import { comparePage, MOST_COMPARED } from '../../reports/campaigns/compare-page';
import { LINK_COLUMNS, linkRow } from '../../reports/campaigns/links-csv';
import { recipientsCsv } from '../../reports/campaigns/recipients-csv';
import { csvOf } from '../../reports/csv';
import { hasClicks } from '../../reports/shown/shown-clicks';
import type { ApiDeps } from '../api-deps';
import { ApiError } from '../api-error';
import { listView } from './list-routes';
import { frameOf } from './page-frame';
import { html } from './page-response';

/** A campaign, its recipients and links as CSV, and several campaigns side by side. */
export function campaignRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.get('/campaign', async (c) => {
		const page = await campaignPage(await deps.openStore(), campaignView(c, deps));
		if (page === null) throw campaignNotFound();
		return html(c, page);
	});

	app.get('/campaign/recipients.csv', async (c) => {
		const view = campaignView(c, deps);
		const store = await deps.openStore();
		const campaign = await store.getCampaign(view.campaignId);
		if (campaign === null) throw campaignNotFound();
		const csv = recipientsCsv(store, recipientsAsked(view), {
			withClicks: hasClicks([campaign]),
		});
		return csvFile(csv, `${nameOf(view)}-recipients.csv`);
	});

	app.get('/campaign/links.csv', async (c) => {
		const view = campaignView(c, deps);
		const store = await deps.openStore();
		if ((await store.getCampaign(view.campaignId)) === null) throw campaignNotFound();
		const links = await store.listLinkClicks({ campaignId: view.campaignId });
		return csvFile(
			csvOf(LINK_COLUMNS, Readable.from(links.map(linkRow))),
			`${nameOf(view)}-links.csv`,
		);
	});

	app.get('/compare', async (c) => {
		const ids = [...new Set(c.req.queries('id') ?? [])];
		if (ids.length < 2 || ids.length > MOST_COMPARED) {
			throw new ApiError(
				400,
				`Choose two, three or four campaigns to compare. You chose ${ids.length}.`,
			);
		}
		return html(c, await comparePage(await deps.openStore(), ids, frameOf(c, deps)));
	});

	return app;
}

function campaignView(c: Context, deps: ApiDeps): CampaignView {
	return {
		...listView(c, deps, 'all'),
		campaignId: c.req.query('id') ?? '',
		show: knownRecipientFilter(c.req.query('show')),
	};
}

/** The campaign as the beginning of a file name. */
function nameOf({ campaignId }: CampaignView): string {
	return campaignId.replace(/[^\w-]/g, '') || 'campaign';
}

function csvFile(csv: Readable, filename: string): Response {
	return new Response(Readable.toWeb(csv) as ReadableStream<Uint8Array>, {
		headers: {
			'content-type': 'text/csv; charset=utf-8',
			'content-disposition': `attachment; filename="${filename}"`,
		},
	});
}

function campaignNotFound(): ApiError {
	return new ApiError(404, 'Campaign not found');
}
