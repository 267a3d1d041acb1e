import { Readable } from 'node:stream';

import { Hono } from 'hono';

import { whyUntracked } from '../../intake/objections';
import { csvOf } from '../../reports/csv';
import type { Recipient } from '../../storage/port/recipient';
import type { Pixel } from '../../storage/port/counts';
import type { NewRecipient, TrackingStore } from '../../storage/port/tracking-store';
import { lowestMode } from '../../tracking/event/tracking-mode';
import type { Purpose } from '../../tracking/event/purpose';
import { recipientIdOf } from '../../tracking/people/address-id';
import {
	denylistKeysIn,
	type DenylistKeysOf,
	pseudonymsIn,
} from '../../tracking/people/subject-keys';
import type { ApiDeps } from '../api-deps';
import { ApiError, check, pixelNotFound, readJson } from '../api-error';
import { readAddresses } from './addresses';
import { trackerLinks, type TrackerLinks } from './tracker-link';
import { z } from 'zod4';

/** Requests for tokens that all callers of one process have together, per window. */
export const TOKEN_REQUESTS = 10;
/** Length of that window, in seconds. */
export const TOKEN_WINDOW_SECONDS = 15 * 60;

const emailsSchema = z.object(
	{ emails: z.unknown().optional() },
	{ error: 'Emails array is required' },
);
/** Rows whose people are asked for together. */
const CSV_ROWS = 500;
const NO_LINK = { token: null, trackingUrl: null };
const ERASED_MEANWHILE = 'The person was erased and is not tracked again';
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
		const ids = addresses.map(({ address }) => recipientIdOf(address, pixel.id, keyRing));
		const keysOf = denylistKeysIn(keyRing);
		const { purpose } = deps.receiveSettings;
		const reasons = await whyUntracked(
			store,
			addresses.map(({ address }, index) => ({ names: [address, ids[index]], purpose })),
			keysOf,
		);
		addresses.forEach(({ address }, index) => {
			const recipientId = ids[index];
			if (reasons[index] !== null || people.has(recipientId)) return;
			const token = links.sign(pixel, recipientId);
			people.set(recipientId, { recipientId, email: address, token });
		});
		const counted = { trackingMode: mode, pseudonymsOf: pseudonymsIn(keyRing) };
		const given = [...people.values()];
		const { recipients } = await store.addRecipients(pixel.id, given, keysOf, counted);
		const rows = new Map(
			recipients.map((recipient) => [
				recipient?.recipientId,
				recipient && { ...tokenOf(recipient, pixel, links), id: recipient.id },
			]),
		);
		const tokens = addresses.map(({ given }, index) => {
			const row = rows.get(ids[index]) ?? null;
			if (row !== null && reasons[index] === null) return { email: given, ...row };
			// One entry per address all the same: clients go by their order.
			return { email: given, ...NO_LINK, untracked: reasons[index] ?? ERASED_MEANWHILE };
		});
		const generated = tokens.filter(({ token }) => token !== null).length;
		return c.json({ success: true, pixelId: pixel.id, generated, tokens });
	});

	app.get('/api/v1/pixels/:id/generate-tokens/csv', async (c) => {
		const store = await deps.openStore();
		const pixel = await namedPixel(store, c.req.param('id'));
		const links = await trackerLinks(deps);
		const { keyRing } = await deps.signing();
		const asked = { keysOf: denylistKeysIn(keyRing), purpose: deps.receiveSettings.purpose };
		const csv = csvOf(CSV_COLUMNS, csvRows(store, pixel, links, asked));
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
		const { keyRing } = await deps.signing();
		const deleted =
			recipient !== null &&
			(await store.deleteRecipient(id, denylistKeysIn(keyRing), pseudonymsIn(keyRing)));
		if (!deleted) throw new ApiError(404, 'Recipient not found');
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

async function* csvRows(
	store: TrackingStore,
	pixel: Pixel,
	links: TrackerLinks,
	{ keysOf, purpose }: { keysOf: DenylistKeysOf; purpose: Purpose | null },
) {
	for await (const recipients of inParts(store.streamRecipients(pixel.id))) {
		const people = recipients.map(({ recipientId, email }) => ({
			names: email === null ? [recipientId] : [recipientId, email],
			purpose,
		}));
		const reasons = await whyUntracked(store, people, keysOf);
		for (const [index, recipient] of recipients.entries()) {
			const row = reasons[index] === null ? tokenOf(recipient, pixel, links) : NO_LINK;
			yield [recipient.email, row.token, row.trackingUrl, recipient.createdAt];
		}
	}
}

async function* inParts<T>(entries: AsyncIterable<T>): AsyncGenerator<T[]> {
	let part: T[] = [];
	for await (const entry of entries) {
		part.push(entry);
		if (part.length < CSV_ROWS) continue;
		yield part;
		part = [];
	}
	if (part.length > 0) yield part;
}
