import { Hono } from 'hono';

import { knownFilter, logPage } from '../../reports/pages/log-page';
import type { ApiDeps } from '../api-deps';
import { pixelNotFound } from '../api-error';
import { formToken } from './form-token';
import { frameOf, pageNumber } from './page-frame';
import { html, rootOf } from './page-response';
import { readForm } from './read-form';

/** The log of a pixel, and the form that deletes it. */
export function logRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.get('/logs/:id', async (c) => {
		const page = pageNumber(c);
		const store = await deps.openStore();
		const { keyRing } = await deps.signing();
		const pixel = await store.getPixel(c.req.param('id'));
		if (pixel === null) throw pixelNotFound();
		const frame = frameOf(c, deps, 'all');
		return html(
			c,
			await logPage(store, pixel, {
				...frame,
				page,
				show: knownFilter(c.req.query('show')),
				deletion: {
					asked: c.req.query('delete') !== undefined,
					action: `${encodeURIComponent(pixel.id)}/delete`,
					token: formToken(keyRing, frame.now),
				},
			}),
		);
	});

	app.post('/logs/:id/delete', async (c) => {
		await readForm(c, deps);
		const store = await deps.openStore();
		if (!(await store.deletePixel(c.req.param('id')))) throw pixelNotFound();
		return c.redirect(`${rootOf(c)}dashboard?deleted=pixel`, 303);
	});

	return app;
}
