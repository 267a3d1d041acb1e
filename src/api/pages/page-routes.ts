import { Hono } from 'hono';

import type { ApiDeps } from '../api-deps';
import { guard } from '../guard';
import { campaignRoutes } from './campaign-routes';
import { dashboardRoutes } from './dashboard-routes';
import { listRoutes } from './list-routes';
import { logRoutes } from './log-routes';
import { failedPage } from './page-response';
import { personRoutes } from './person-routes';
import { setupRoutes } from './setup-routes';

/** Below which paths there are pages. */
export const PAGE_PATHS = [
	'dashboard',
	'campaigns',
	'campaign',
	'compare',
	'pixels',
	'recipients',
	'opens',
	'search',
	'person',
	'logs',
	'setup',
];

/** The pages and their forms. All links in them are relative. */
export function pageRoutes(deps: ApiDeps): Hono {
	const app = new Hono();
	for (const path of PAGE_PATHS) app.use(`/${path}/*`, guard(deps, 'sign-in'));
	for (const group of [
		dashboardRoutes,
		listRoutes,
		campaignRoutes,
		personRoutes,
		logRoutes,
		setupRoutes,
	]) {
		const routes = group(deps);
		routes.onError((error, c) => failedPage(c, error, deps));
		app.route('/', routes);
	}
	app.onError((error, c) => failedPage(c, error, deps));
	return app;
}
