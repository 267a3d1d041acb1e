import { Hono, type Context } from 'hono';

import { dashboardPage } from '../reports/dashboard-page';
import { knownZone } from '../reports/local-time';
import { knownFilter, logPage } from '../reports/log-page';
import { messagePage } from '../reports/message-page';
import { knownRange } from '../reports/opens-over-time';
import type { TrackingStore } from '../storage/tracking-store';
import { embedCode } from '../tracking/embed-code';
import type { ApiDeps } from './api-deps';
import { ApiError } from './api-error';
import { formToken, isFormToken } from './form-token';
import { trackerLinks } from './tracker-link';

const MAX_NAME = 200;
const SAMPLE_PAGE = 100;
const MAX_PAGE = 1_000_000;

/** The pages: dashboard, its forms and the log of a pixel. All links in them are relative. */
export function pageRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.get('/dashboard', async (c) => {
		const store = await deps.openStore();
		const { keyRing } = await deps.signing();
		const now = deps.now();
		const pixel = await shownPixel(deps, store, c.req.query('pixel'));
		const creating = c.req.query('new') !== undefined;
		return html(
			c,
			await dashboardPage(store, {
				now,
				timeZone: knownZone(c.req.query('tz'), deps.timeZone),
				range: knownRange(c.req.query('range')),
				// A page that loads itself again would take away what is being typed or copied.
				live: c.req.query('live') !== 'off' && pixel === null && !creating,
				forms: { token: formToken(keyRing, now) },
				creating,
				pixel,
				notice: c.req.query('deleted') === 'sample' ? 'The sample campaign was deleted.' : null,
				waiting: await deps.waitingOpens(),
			}),
		);
	});

	app.post('/dashboard/pixels', async (c) => {
		const form = await readForm(c, deps);
		const name = form.get('name')?.trim() ?? '';
		if (name === '' || name.length > MAX_NAME) {
			throw new ApiError(400, `name: give the pixel a name of 1 to ${MAX_NAME} characters`);
		}
		const store = await deps.openStore();
		const campaignId = form.get('campaignId')?.trim() || null;
		const pixel = await store.createPixel({ name, campaignId });
		return c.redirect(`../dashboard?pixel=${encodeURIComponent(pixel.id)}#new-pixel`, 303);
	});

	app.post('/dashboard/sample/delete', async (c) => {
		await readForm(c, deps);
		const store = await deps.openStore();
		for (;;) {
			const { pixels } = await store.listPixels({ limit: SAMPLE_PAGE, sample: true });
			if (pixels.length === 0) break;
			for (const { id } of pixels) await store.deletePixel(id);
		}
		return c.redirect('../../dashboard?deleted=sample', 303);
	});

	app.get('/logs/:id', async (c) => {
		const page = Number(c.req.query('page') ?? 1);
		if (!Number.isInteger(page) || page < 1 || page > MAX_PAGE) {
			return notice(c, 400, 'No such page', 'Page numbers are whole numbers from 1 up.');
		}
		const store = await deps.openStore();
		const pixel = await store.getPixel(c.req.param('id'));
		if (pixel === null) {
			return notice(
				c,
				404,
				'Pixel not found',
				'There is no pixel with this ID. It may have been deleted with its log.',
			);
		}
		return html(
			c,
			await logPage(store, pixel, {
				now: deps.now(),
				timeZone: knownZone(c.req.query('tz'), deps.timeZone),
				page,
				show: knownFilter(c.req.query('show')),
				dashboardPath: '../dashboard',
			}),
		);
	});

	return app;
}

async function shownPixel(deps: ApiDeps, store: TrackingStore, id: string | undefined) {
	const pixel = id === undefined ? null : await store.getPixel(id);
	if (pixel === null || pixel.trackingMode === 'off') return null;
	const links = await trackerLinks(deps);
	const trackingUrl = links.url(pixel.id, links.sign(pixel, null));
	return { name: pixel.name, trackingUrl, embedCode: embedCode(trackingUrl) };
}

async function readForm(c: Context, deps: ApiDeps): Promise<URLSearchParams> {
	const form = new URLSearchParams(await c.req.text());
	const { keyRing } = await deps.signing();
	if (!isFormToken(form.get('formToken') ?? '', keyRing, deps.now())) {
		throw new ApiError(403, 'This form is too old. Load the dashboard again, then send it.');
	}
	return form;
}

function notice(c: Context, status: 400 | 404, title: string, text: string): Response {
	return html(c, messagePage({ title, text, dashboardPath: '../dashboard' }), status);
}

function html(c: Context, page: string, status: 200 | 400 | 404 = 200): Response {
	return c.html(page, status, {
		'referrer-policy': 'no-referrer',
		'x-robots-tag': 'noindex',
	});
}
