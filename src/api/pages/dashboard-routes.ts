import { Hono, type Context } from 'hono';

import { dashboardPage } from '../../reports/pages/dashboard-page';
import { LIVE_SECONDS, liveFigures } from '../../reports/pages/live-figures';
import { messagePage } from '../../reports/pages/message-page';
import type { NewPixelForm } from '../../reports/pages/new-pixel-form';
import type { Pixel } from '../../storage/port/counts';
import type { NewPixel, TrackingStore } from '../../storage/port/tracking-store';
import { embedCode } from '../../tracking/mail/embed-code';
import type { ApiDeps } from '../api-deps';
import { ApiError } from '../api-error';
import { makePixel, readNewPixel } from '../routes/new-pixel';
import { trackerLinks } from '../routes/tracker-link';
import { formToken } from './form-token';
import { frameOf } from './page-frame';
import { backToDashboard, html, rootOf } from './page-response';
import { readForm } from './read-form';

const SAMPLE_PAGE = 100;
/** What the dashboard says after something was done, by the name in its address. */
const DONE: Record<string, string> = {
	sample: 'The sample campaign was deleted.',
	pixel: 'The pixel was deleted, with its log, its recipients and its image.',
};

/** The dashboard, its live figures and its forms. */
export function dashboardRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.get('/dashboard', async (c) => {
		const store = await deps.openStore();
		const { keyRing } = await deps.signing();
		const frame = frameOf(c, deps);
		const pixel = await shownPixel(deps, store, c.req.query('pixel'));
		const creating = c.req.query('new') !== undefined;
		return html(
			c,
			await dashboardPage(store, {
				...frame,
				live: c.req.query('live') === 'on',
				forms: { token: formToken(keyRing, frame.now) },
				newPixel: creating ? await newPixelForm(deps, c) : null,
				pixel,
				notice: DONE[c.req.query('deleted') ?? ''] ?? null,
				waiting: await deps.waitingOpens(),
				tryUrls: await tryUrls(deps, store),
			}),
		);
	});

	app.get('/dashboard/live', async (c) => {
		const page = await liveFigures(await deps.openStore(), frameOf(c, deps));
		return html(c, page, { headers: { refresh: String(LIVE_SECONDS) }, inFrame: true });
	});

	app.post('/dashboard/pixels', async (c) => {
		const form = await readForm(c, deps);
		const values = {
			name: form.get('name') ?? '',
			campaignId: form.get('campaignId') ?? '',
			trackingMode: form.get('trackingMode') ?? '',
		};
		let pixel: Pixel;
		try {
			({ pixel } = await makePixel(deps, readFields(values, deps)));
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 400) throw error;
			const page = messagePage({
				title: 'The pixel was not made',
				text: error.message,
				back: backToDashboard(c),
				form: await newPixelForm(deps, c, values),
			});
			return html(c, page, { status: 400 });
		}
		return c.redirect(`${rootOf(c)}dashboard?pixel=${encodeURIComponent(pixel.id)}#new-pixel`, 303);
	});

	app.post('/dashboard/sample/delete', async (c) => {
		await readForm(c, deps);
		const store = await deps.openStore();
		for (;;) {
			const { pixels } = await store.listPixels({ limit: SAMPLE_PAGE, sample: true });
			if (pixels.length === 0) break;
			for (const { id } of pixels) await store.deletePixel(id);
		}
		return c.redirect(`${rootOf(c)}dashboard?deleted=sample`, 303);
	});

	return app;
}

async function shownPixel(deps: ApiDeps, store: TrackingStore, id: string | undefined) {
	const pixel = id === undefined ? null : await store.getPixel(id);
	if (pixel === null || pixel.trackingMode === 'off') return null;
	const links = await trackerLinks(deps);
	return {
		name: pixel.name,
		trackingUrl: links.url(pixel.id),
		recipientParameter: deps.receiveSettings.plainIds.recipientParameter,
		embedCode: embedCode(links.url(pixel.id, links.sign(pixel, null))),
	};
}

async function newPixelForm(
	deps: ApiDeps,
	c: Context,
	values: NewPixelForm['values'] = { name: '', campaignId: '', trackingMode: '' },
): Promise<NewPixelForm> {
	const { keyRing } = await deps.signing();
	return {
		action: `${rootOf(c)}dashboard/pixels`,
		dashboardPath: `${rootOf(c)}dashboard`,
		token: formToken(keyRing, deps.now()),
		ceiling: deps.receiveSettings.mode,
		values,
	};
}

/** A field that was left empty is one that was not given. */
function readFields(values: NewPixelForm['values'], deps: ApiDeps): NewPixel {
	const { name, campaignId, trackingMode } = values;
	const fields = { name, campaignId, trackingMode: trackingMode || undefined };
	return readNewPixel(fields, deps.receiveSettings.mode);
}

/** Addresses that leave an open when a browser loads them: those of Email Open Triggers that are published. */
async function tryUrls(deps: ApiDeps, store: TrackingStore): Promise<string[]> {
	const { baseUrl } = await deps.signing();
	const parts = await store.listParts();
	return parts.flatMap(({ kind, settings }) =>
		kind === 'tracker' && typeof settings.path === 'string'
			? [`${baseUrl.replace(/\/[^/]*$/, '')}/${settings.path}?id=42`]
			: [],
	);
}
