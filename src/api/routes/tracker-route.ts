import { Hono } from 'hono';

import { within } from '../../async/time-limit';
import { StoreError } from '../../storage/port/store-error';
import type { Pixel } from '../../storage/port/counts';
import type { PixelImage, TrackingStore } from '../../storage/port/tracking-store';
import { lowestMode } from '../../tracking/event/tracking-mode';
import { tokenFromText, TRACKER_TOKEN_PARAMETER } from '../../tracking/links/sealed-token';
import { PIXEL_PNG } from '../../tracking/receive/pixel-image';
import { pixelHeaders } from '../../tracking/receive/pixel-response';
import { receiveOpen } from '../../tracking/receive/receive-open';
import type { PixelRequest, ReceiveDeps } from '../../tracking/receive/receive-types';
import type { ApiDeps } from '../api-deps';

/** An email does not wait for a slow store: after this long the image goes out without it. */
const STORE_LIMIT_MS = 1_000;
const DEFAULT_IMAGE: PixelImage = { contentType: 'image/png', bytes: PIXEL_PNG };

/**
 * `GET /tracker/:id.png?token=`: the image of a pixel. The answer is always a 200 with an image
 * and the same headers, whatever became of the open. The load goes the way of the trigger's loads,
 * {@link receiveOpen}.
 */
export function trackerRoute(deps: ApiDeps): Hono {
	const app = new Hono();
	app.get('/tracker/:file', async (c) => {
		const load: Load = {
			deps,
			pixelId: c.req.param('file').replace(/\.png$/i, ''),
			token: lastToken(c.req.queries(TRACKER_TOKEN_PARAMETER) ?? []),
			plainRecipient: plainRecipient(deps, c.req.query()),
			request: {
				method: c.req.method,
				headers: c.req.header(),
				ip: deps.clientAddress(c.req.header()),
				receivedAt: deps.now(),
			},
			...newTimeLimit(),
		};
		const found = await findPixel(load);
		const [image] = await Promise.all([
			imageOf(load, found),
			recordLoad(load, found).catch(deps.onError),
		]);
		return new Response(new Uint8Array(image.bytes), {
			headers: pixelHeaders(image.bytes.length, image.contentType),
		});
	});
	return app;
}

interface Load {
	deps: ApiDeps;
	pixelId: string;
	/** Empty when the link has none */
	token: string;
	/** Whom the link names without a token, where the settings read that */
	plainRecipient: string | undefined;
	request: Omit<PixelRequest, 'query'>;
	withinLimit: <T>(asked: Promise<T>) => Promise<T>;
	/** How much of the limit is left, in milliseconds */
	leftMs: () => number;
}

/** A client that adds a token to a link that has one means its own: `?token=A&token=B`, or with two `?`. */
function lastToken(tokens: readonly string[]): string {
	return tokens.at(-1)?.split(`?${TRACKER_TOKEN_PARAMETER}=`).at(-1) ?? '';
}

function plainRecipient(
	{ receiveSettings: { plainIds } }: ApiDeps,
	query: Readonly<Record<string, string>>,
): string | undefined {
	const { allowed, recipientParameter } = plainIds;
	return allowed && recipientParameter !== '' ? query[recipientParameter] : undefined;
}

/** What the store says; a store that is away says nothing. */
interface Found {
	store: TrackingStore | null;
	pixel: Pixel | null;
}

async function findPixel({ deps, pixelId, withinLimit }: Load): Promise<Found> {
	try {
		const found = deps.inTime(async () => {
			const store = await deps.openStore();
			return { store, pixel: await store.getPixel(pixelId) };
		});
		return await withinLimit(found);
	} catch (error) {
		deps.onError(error);
		return { store: null, pixel: null };
	}
}

async function imageOf({ deps, withinLimit }: Load, { store, pixel }: Found): Promise<PixelImage> {
	if (store === null || pixel === null || pixel.imageType === null) return DEFAULT_IMAGE;
	try {
		return (
			(await withinLimit(deps.inTime(async () => await store.getPixelImage(pixel.id)))) ??
			DEFAULT_IMAGE
		);
	} catch (error) {
		deps.onError(error);
		return DEFAULT_IMAGE;
	}
}

async function recordLoad(load: Load, { store, pixel }: Found): Promise<void> {
	const { deps, request, token, leftMs } = load;
	// An id that nobody made is not worth a row, or anybody could fill the store with them.
	if (store !== null && pixel === null && token === '') return;
	const { receiveSettings: settings } = deps;
	const query = await linkOf(load, { store, pixel });
	const received = await receiveOpen(
		{ ...request, query },
		{
			...settings,
			// What the pixel allows is not known while the store is away: nothing of the request is kept.
			mode: lowestMode([settings.mode, store === null ? 'identified' : pixel?.trackingMode]),
			// The ids are those of `linkOf`, not the link's own.
			plainIds: { allowed: true, recipientParameter: 'recipientId' },
		},
		receiveDepsOf(load),
	);
	if (received.lookupError) deps.onError(received.lookupError);
	const { event, load: placed } = received;
	if (event === null) return;
	await deps.recordOpen({ event, load: placed }, store === null ? 0 : leftMs());
}

/** The link as the receive pipeline reads it, of what this route believes and nothing else. */
async function linkOf(load: Load, { store, pixel }: Found): Promise<PixelRequest['query']> {
	const { deps, pixelId, token, withinLimit } = load;
	const plain = { pixelId, campaignId: pixel?.campaignId ?? undefined };
	if (token === '') return { ...plain, recipientId: load.plainRecipient };
	const sealed = tokenFromText('pixel', token);
	if (sealed !== null) return { t: sealed };
	try {
		// Nobody can say whose token it is while the store is away; the pixel's open it is still.
		if (store === null) return plain;
		const recipient = await withinLimit(
			deps.inTime(async () => await store.findRecipientByToken(pixelId, token)),
		);
		return recipient === null ? { t: token } : { ...plain, recipientId: recipient.recipientId };
	} catch (error) {
		deps.onError(error);
		return plain;
	}
}

/** Lookups that take too long count as failed ones, and a token of another pixel as a forged one. */
function receiveDepsOf({ deps, pixelId, withinLimit }: Load): ReceiveDeps {
	const { receiveDeps } = deps;
	return {
		...receiveDeps,
		isSuppressed: async (id) => await withinLimit(receiveDeps.isSuppressed(id)),
		consentStatus: async (id, purpose) => await withinLimit(receiveDeps.consentStatus(id, purpose)),
		verifyToken: async (token) => {
			const result = await receiveDeps.verifyToken(token);
			return result.ok && result.claims.pixelId !== pixelId
				? { ok: false, reason: 'other-pixel' }
				: result;
		},
	};
}

/** Runs out some time after the request came in. The store may still do what it was asked for. */
function newTimeLimit(): Pick<Load, 'withinLimit' | 'leftMs'> {
	const startedAt = performance.now();
	const leftMs = () => Math.max(0, STORE_LIMIT_MS - (performance.now() - startedAt));
	const tooSlow = () => {
		throw new StoreError('busy', `The store did not answer within ${STORE_LIMIT_MS} ms.`);
	};
	return { withinLimit: async (asked) => await within(leftMs(), asked, tooSlow), leftMs };
}
