import { Hono, type Context } from 'hono';

import { dashboardPage } from '../../reports/pages/dashboard-page';
import { knownZone } from '../../reports/pages/local-time';
import { knownFilter, logPage } from '../../reports/pages/log-page';
import { messagePage } from '../../reports/pages/message-page';
import type { NewPixelForm } from '../../reports/pages/new-pixel-form';
import { knownRange } from '../../reports/pages/opens-over-time';
import { StoreError } from '../../storage/port/store-error';
import type { Pixel } from '../../storage/port/counts';
import type { NewPixel, TrackingStore } from '../../storage/port/tracking-store';
import { embedCode } from '../../tracking/mail/embed-code';
import type { ApiDeps } from '../api-deps';
import { ApiError, pixelNotFound } from '../api-error';
import { failureOf, type Failure } from '../failure';
import { guard } from '../guard';
import { formToken, isFormToken } from './form-token';
import { makePixel, readNewPixel } from './new-pixel';
import { trackerLinks } from './tracker-link';

const SAMPLE_PAGE = 100;
const MAX_PAGE = 1_000_000;
/** What the dashboard says after something was done, by the name in its address. */
const DONE: Record<string, string> = {
	sample: 'The sample campaign was deleted.',
	pixel: 'The pixel was deleted, with its log, its recipients and its image.',
};

/** The pages: dashboard, the log of a pixel, and their forms. All links in them are relative. */
export function pageRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	// A failure of a page is shown as a page, too.
	app.onError((error, c) => {
		const failure = failureOf(error, deps);
		return html(c, failurePage(c, error, failure), failure.status, failure.headers);
	});

	app.use('/dashboard/*', guard(deps, 'sign-in'));
	app.use('/logs/*', guard(deps, 'sign-in'));

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
				newPixel: creating ? await newPixelForm(deps, c) : null,
				pixel,
				notice: DONE[c.req.query('deleted') ?? ''] ?? null,
				waiting: await deps.waitingOpens(),
			}),
		);
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
			return html(c, page, 400);
		}
		return c.redirect(`${dashboardOf(c)}?pixel=${encodeURIComponent(pixel.id)}#new-pixel`, 303);
	});

	app.post('/dashboard/sample/delete', async (c) => {
		await readForm(c, deps);
		const store = await deps.openStore();
		for (;;) {
			const { pixels } = await store.listPixels({ limit: SAMPLE_PAGE, sample: true });
			if (pixels.length === 0) break;
			for (const { id } of pixels) await store.deletePixel(id);
		}
		return c.redirect(`${dashboardOf(c)}?deleted=sample`, 303);
	});

	app.get('/logs/:id', async (c) => {
		const page = Number(c.req.query('page') ?? 1);
		if (!Number.isInteger(page) || page < 1 || page > MAX_PAGE) {
			throw new ApiError(400, 'Page numbers are whole numbers from 1 up.');
		}
		const store = await deps.openStore();
		const { keyRing } = await deps.signing();
		const pixel = await store.getPixel(c.req.param('id'));
		if (pixel === null) throw pixelNotFound();
		const now = deps.now();
		return html(
			c,
			await logPage(store, pixel, {
				now,
				timeZone: knownZone(c.req.query('tz'), deps.timeZone),
				page,
				show: knownFilter(c.req.query('show')),
				dashboardPath: dashboardOf(c),
				deletion: {
					asked: c.req.query('delete') !== undefined,
					action: `${encodeURIComponent(pixel.id)}/delete`,
					token: formToken(keyRing, now),
				},
			}),
		);
	});

	app.post('/logs/:id/delete', async (c) => {
		await readForm(c, deps);
		const store = await deps.openStore();
		if (!(await store.deletePixel(c.req.param('id')))) throw pixelNotFound();
		return c.redirect(`${dashboardOf(c)}?deleted=pixel`, 303);
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
		action: `${dashboardOf(c)}/pixels`,
		dashboardPath: dashboardOf(c),
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

async function readForm(c: Context, deps: ApiDeps): Promise<URLSearchParams> {
	const form = new URLSearchParams(await c.req.text());
	const { keyRing } = await deps.signing();
	if (!isFormToken(form.get('formToken') ?? '', keyRing, deps.now())) {
		throw new ApiError(
			403,
			'This form is too old. Load the page with the form again, then send it.',
		);
	}
	return form;
}

/** Where the dashboard is, relative to the page that is asked for. */
function dashboardOf(c: Context): string {
	return `${'../'.repeat(c.req.path.split('/').length - 2)}dashboard`;
}

function backToDashboard(c: Context): { path: string; text: string } {
	return { path: dashboardOf(c), text: '← Dashboard' };
}

function failurePage(c: Context, error: Error, { status, message }: Failure): string {
	if (status === 503 && error instanceof StoreError) {
		return messagePage({
			title: 'The tracking store cannot be used now',
			text: `${message} Emails get their image all the same.`,
			back: c.req.method === 'GET' ? { path: '', text: 'Try again' } : backToDashboard(c),
		});
	}
	const back = backToDashboard(c);
	if (status === 404) {
		const text = 'There is no pixel with this ID. It may have been deleted with its log.';
		return messagePage({ title: message, text, back });
	}
	return messagePage({ title: 'This could not be done', text: message, back });
}

/** n8n's own answers are in a sandbox; these are sent past it, so they say themselves what they may do. */
const PAGE_POLICY = [
	"default-src 'none'",
	"style-src 'unsafe-inline'",
	'img-src data:',
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
].join('; ');

function html(
	c: Context,
	page: string,
	status: 200 | Failure['status'] = 200,
	headers: Record<string, string> = {},
): Response {
	return c.html(page, status, {
		...headers,
		'content-security-policy': PAGE_POLICY,
		'referrer-policy': 'no-referrer',
		'x-frame-options': 'DENY',
		'x-robots-tag': 'noindex',
	});
}
