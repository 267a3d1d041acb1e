import { Readable } from 'node:stream';

import { Hono } from 'hono';

import { csvOf } from '../reports/csv';
import type { Pixel, Recipient, TrackingStore } from '../storage/tracking-store';
import { readAddresses, recipientIdOf } from './addresses';
import type { ApiDeps } from './api-deps';
import { ApiError, pixelNotFound, readJson } from './api-error';
import { trackerLinks, type TrackerLinks } from './tracker-link';
import { z } from 'zod/v4';

/** Requests for tokens that all callers of one process have together, per window. */
export const TOKEN_REQUESTS = 10;
/** Length of that window, in seconds. */
export const TOKEN_WINDOW_SECONDS = 15 * 60;

const emailsSchema = z.object({ emails: z.unknown() });
const CSV_COLUMNS = ['email', 'token', 'trackingUrl'] as const;

/**
 * The Mail Tracker API's recipients: `POST /api/v1/pixels/:id/generate-tokens`, its CSV, and
 * `DELETE /api/v1/recipients/:id`.
 */
export function recipientRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.post('/api/v1/pixels/:id/generate-tokens', async (c) => {
		await takeTurn(deps);
		const store = await deps.openStore();
		const pixel = await namedPixel(store, c.req.param('id'));
		const addresses = readAddresses((await readJson(c.req.raw, emailsSchema)).emails);
		if (pixel.trackingMode === 'aggregate' || pixel.trackingMode === 'off') {
			throw new ApiError(
				400,
				`The tracking mode of this pixel is ${pixel.trackingMode}, which must not tell recipients apart.`,
			);
		}
		const { keyRing } = await deps.signing();
		const links = await trackerLinks(deps);
		const { recipients } = await store.addRecipients(
			pixel.id,
			addresses.map((email) => {
				const recipientId = recipientIdOf(email, pixel.id, keyRing);
				return { recipientId, email, token: links.sign(pixel, recipientId) };
			}),
		);
		const tokens = recipients.map((recipient) => ({
			...tokenRow(recipient, pixel, links),
			id: recipient.id,
		}));
		return c.json({ success: true, pixelId: pixel.id, generated: tokens.length, tokens });
	});

	app.get('/api/v1/pixels/:id/generate-tokens/csv', async (c) => {
		const store = await deps.openStore();
		const pixel = await namedPixel(store, c.req.param('id'));
		const links = await trackerLinks(deps);
		const csv = csvOf(CSV_COLUMNS, csvRows(store, pixel, links));
		return new Response(Readable.toWeb(csv) as ReadableStream<Uint8Array>, {
			headers: {
				'content-type': 'text/csv; charset=utf-8',
				'content-disposition': `attachment; filename="recipients-${pixel.id.replace(/[^\w-]/g, '')}.csv"`,
			},
		});
	});

	app.delete('/api/v1/recipients/:id', async (c) => {
		const store = await deps.openStore();
		if (!(await store.deleteRecipient(c.req.param('id')))) {
			throw new ApiError(404, 'Recipient not found');
		}
		return c.json({ success: true });
	});

	return app;
}

async function takeTurn({ tokenLimiter, onError }: ApiDeps): Promise<void> {
	try {
		await tokenLimiter.consume('generate-tokens');
	} catch (refused) {
		const wait = waitOf(refused);
		if (wait === null) {
			onError(refused);
			throw refused;
		}
		throw new ApiError(
			429,
			`Only ${TOKEN_REQUESTS} requests for tokens are allowed in ${TOKEN_WINDOW_SECONDS / 60} minutes. Try again later.`,
			{ 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) },
		);
	}
}

function waitOf(refused: unknown): number | null {
	return typeof refused === 'object' && refused !== null && 'msBeforeNext' in refused
		? Number(refused.msBeforeNext)
		: null;
}

async function namedPixel(store: TrackingStore, id: string): Promise<Pixel> {
	const pixel = await store.getPixel(id);
	if (pixel === null) throw pixelNotFound();
	return pixel;
}

/** Recipients that were added elsewhere have no token yet; they get a fresh one, which counts as well. */
function tokenRow(recipient: Recipient, pixel: Pixel, links: TrackerLinks) {
	const token = recipient.token ?? links.sign(pixel, recipient.recipientId);
	return { email: recipient.email, token, trackingUrl: links.url(pixel.id, token) };
}

async function* csvRows(store: TrackingStore, pixel: Pixel, links: TrackerLinks) {
	for await (const recipient of store.streamRecipients(pixel.id)) {
		const row = tokenRow(recipient, pixel, links);
		yield CSV_COLUMNS.map((column) => row[column]);
	}
}
