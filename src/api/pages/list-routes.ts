import { Hono, type Context } from 'hono';

import { campaignsPage } from '../../reports/lists/campaigns-page';
import type { ListView } from '../../reports/lists/list-page';
import { opensPage } from '../../reports/lists/opens-page';
import { pixelsPage } from '../../reports/lists/pixels-page';
import { recipientsPage } from '../../reports/lists/recipients-page';
import { searchPage } from '../../reports/lists/search-page';
import type { Range } from '../../reports/shown/period';
import type { ApiDeps } from '../api-deps';
import { frameOf, pageNumber } from './page-frame';
import { html } from './page-response';

const MAX_SEARCH = 256;
const LISTS = {
	'/campaigns': campaignsPage,
	'/pixels': pixelsPage,
	'/recipients': recipientsPage,
	'/opens': opensPage,
};

/** The lists of everything there is, and the search over them. */
export function listRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	for (const [path, page] of Object.entries(LISTS)) {
		app.get(path, async (c) => html(c, await page(await deps.openStore(), listView(c, deps))));
	}

	app.get('/search', async (c) => {
		const frame = frameOf(c, deps);
		return html(c, await searchPage(await deps.openStore(), frame, searchText(c)));
	});

	return app;
}

/** Which part of a list is asked for. @param range the period where none was chosen */
export function listView(c: Context, deps: ApiDeps, range?: Range): ListView {
	return {
		...frameOf(c, deps, range),
		page: pageNumber(c),
		search: searchText(c),
		sort: c.req.query('sort') ?? '',
	};
}

function searchText(c: Context): string {
	return (c.req.query('q') ?? '').trim().slice(0, MAX_SEARCH);
}
