import { Hono } from 'hono';

import { setupPage } from '../../reports/pages/setup-page';
import { checkSetup } from '../../reports/setup-check/check-setup';
import type { ApiDeps } from '../api-deps';
import { frameOf } from './page-frame';
import { html } from './page-response';

/** What is wrong with the installation, also while the store is away. */
export function setupRoutes(deps: ApiDeps): Hono {
	const app = new Hono();
	app.get('/setup', async (c) => {
		const check = checkSetup(await deps.setupFacts());
		return html(c, setupPage(check, frameOf(c, deps)));
	});
	return app;
}
