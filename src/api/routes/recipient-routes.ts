import { Readable } from 'node:stream';

import { Hono } from 'hono';

import { csvOf } from '../../reports/csv';
import type { Recipient } from '../../storage/port/recipient';
import type { NewRecipient, Pixel, TrackingStore } from '../../storage/port/tracking-store';
import { lowestMode } from '../../tracking/event/tracking-mode';
import type { ApiDeps } from '../api-deps';
import { ApiError, check, pixelNotFound, readJson } from '../api-error';
import { readAddresses, recipientIdOf } from './addresses';
import { trackerLinks, type TrackerLinks } from './tracker-link';
import { z } from 'zod/v4';

/** Requests for tokens that all callers of one process have together, per window. */
export const TOKEN_REQUESTS = 10;
/** Length of that window, in seconds. */
export const TOKEN_WINDOW_SECONDS = 15 * 60;

const emailsSchema = z.object({ emails: z.unknown() }, { error: 'Emails array is required' });
const CSV_COLUMNS = ['Email', 'Token', 'Tracking URL', 'Created At'];

/**
 * The Mail Tracker API's recipients: `POST /api/v1/pixels/:id/generate-tokens`, its CSV, and
 * `DELETE /api/v1/recipients/:id`.
 */
export function recipientRoutes(deps: ApiDeps): Hono {
	const app = new Hono();

	app.post('/api/v1/pixels/:id/generate-tokens', async (c) => {
		const store = await deps.openStore();
		const pixel = await namedPixel(store, c.req.param('id'));
		const addresses = readAddresses(check(await readJson(c.req.raw), emailsSchema).emails);
		const mode = lowestMode([deps.receiveSettings.mode, pixel.trackingMode]);
		if (mode === 'aggregate' || mode === 'off') {
			throw new ApiError(
				400,
				`The tracking mode of this pixel is ${mode}, which must not tell recipients apart.`,
			);
		}
		// Only now, so that a request that is refused costs no turn.
		await takeTurn(deps);
		const { keyRing } = await deps.signing();
		const links = await trackerLinks(deps);
		// One recipient, and so one token, for all spellings of an address.
		const people = new Map<string, NewRecipient>();
		const ids = addresses.map(({ address }) => {
			const recipientId = recipientIdOf(address, pixel.id, keyRing);
			if (!people.has(recipientId)) {
				const token = links.sign(pixel, recipientId);
				people.set(recipientId, { recipientId, email: address, token });
			}
			return recipientId;
		});
		const { recipients } = await store.addRecipients(pixel.id, [...people.values()]);
		const rows = new Map(
			recipients.map((recipient) => [
				recipient.recipientId,
				{ ...tokenOf(recipient, pixel, links), id: recipient.id },
			]),
		);
		const tokens = addresses.map(({ given }, index) => ({
			email: given,
			...rows.get(ids[index])!,
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
		const id = c.req.param('id');
		const recipient = await store.getRecipient(id);
		if (recipient === null || !(await store.deleteRecipient(id))) {
			throw new ApiError(404, 'Recipient not found');
		}
		return c.json({
			success: true,
			message: 'Recipient deleted. The log stays, without the address.',
			deletedEmail: recipient.email,
		});
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
			`Too many requests. At most ${TOKEN_REQUESTS} for tokens are answered in ${TOKEN_WINDOW_SECONDS / 60} minutes. Try again later.`,
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
function tokenOf(recipient: Recipient, pixel: Pixel, links: TrackerLinks) {
	const token = recipient.token ?? links.sign(pixel, recipient.recipientId);
	return { token, trackingUrl: links.url(pixel.id, token) };
}

async function* csvRows(store: TrackingStore, pixel: Pixel, links: TrackerLinks) {
	for await (const recipient of store.streamRecipients(pixel.id)) {
		const { token, trackingUrl } = tokenOf(recipient, pixel, links);
		yield [recipient.email, token, trackingUrl, recipient.createdAt];
	}
}
