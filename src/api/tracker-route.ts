import { Hono } from 'hono';

import type { Pixel, PixelImage, TrackingStore } from '../storage/tracking-store';
import { CURRENT_RULES } from '../tracking/classify-rules';
import { PIXEL_PNG } from '../tracking/pixel-image';
import { pixelHeaders } from '../tracking/pixel-response';
import { receiveOpen, type PixelRequest, type ReceiveDeps } from '../tracking/receive-open';
import { isTokenShaped } from '../tracking/token';
import { lowestMode } from '../tracking/tracking-mode';
import type { ApiDeps } from './api-deps';
import { TRACKER_TOKEN_PARAMETER } from './tracker-link';

const DEFAULT_IMAGE: PixelImage = { contentType: 'image/png', bytes: PIXEL_PNG };

/**
 * `GET /tracker/:id.png?token=`: the image of a pixel. The answer is always a 200 with an image
 * and the same headers, whatever became of the open. The load goes the way of the trigger's loads,
 * {@link receiveOpen}. An open that cannot be written is handed to `onUnrecordedOpen`.
 */
export function trackerRoute(deps: ApiDeps): Hono {
	const app = new Hono();
	app.get('/tracker/:file', async (c) => {
		const receivedAt = deps.now();
		const pixelId = c.req.param('file').replace(/\.png$/i, '');
		const place = await findPixel(deps, pixelId);
		const request = {
			method: c.req.method,
			headers: c.req.header(),
			// n8n's own Webhook node does not say who asked, and a header can say anything.
			ip: null,
			receivedAt,
		};
		const token = c.req.query(TRACKER_TOKEN_PARAMETER) ?? '';
		const [image] = await Promise.all([
			imageOf(deps, place),
			recordLoad(deps, place, request, pixelId, token).catch(deps.onError),
		]);
		return new Response(new Uint8Array(image.bytes), {
			headers: pixelHeaders(image.bytes.length, image.contentType),
		});
	});
	return app;
}

/** What the store says; a store that is away says nothing. */
interface Place {
	store: TrackingStore | null;
	pixel: Pixel | null;
}

async function findPixel(deps: ApiDeps, pixelId: string): Promise<Place> {
	try {
		const store = await deps.openStore();
		return { store, pixel: await store.getPixel(pixelId) };
	} catch (error) {
		deps.onError(error);
		return { store: null, pixel: null };
	}
}

async function imageOf(deps: ApiDeps, { store, pixel }: Place): Promise<PixelImage> {
	if (store === null || pixel === null || pixel.imageType === null) return DEFAULT_IMAGE;
	try {
		return (await store.getPixelImage(pixel.id)) ?? DEFAULT_IMAGE;
	} catch (error) {
		deps.onError(error);
		return DEFAULT_IMAGE;
	}
}

async function recordLoad(
	deps: ApiDeps,
	{ store, pixel }: Place,
	request: Omit<PixelRequest, 'query'>,
	pixelId: string,
	token: string,
): Promise<void> {
	// An id that nobody made is not worth a row, or anybody could fill the store with them.
	if (store !== null && pixel === null && token === '') return;
	const { receiveSettings: settings } = deps;
	const query = await linkOf(deps, { store, pixel }, pixelId, token);
	const received = await receiveOpen(
		{ ...request, query },
		{
			...settings,
			mode: lowestMode([settings.mode, pixel?.trackingMode ?? settings.mode]),
			plainIds: { ...settings.plainIds, recipientParameter: 'recipientId' },
		},
		{ ...deps.receiveDeps, verifyToken: verifierFor(pixelId, deps.receiveDeps) },
	);
	if (received.lookupError) deps.onError(received.lookupError);
	if (received.event !== null) {
		try {
			if (store === null) throw new Error('The tracking store could not be opened');
			await store.recordOpens([received.event]);
		} catch (error) {
			deps.onUnrecordedOpen(received.event);
			if (store !== null) deps.onError(error);
		}
	}
	if (store !== null && received.relabels.length > 0) {
		const rulesVersion = CURRENT_RULES.version;
		await store.relabelOpens(received.relabels.map((relabel) => ({ ...relabel, rulesVersion })));
	}
}

/** The link as the receive pipeline reads it, of what this route believes and nothing else. */
async function linkOf(
	deps: ApiDeps,
	{ store, pixel }: Place,
	pixelId: string,
	token: string,
): Promise<PixelRequest['query']> {
	const plain = { pixelId, campaignId: pixel?.campaignId ?? undefined };
	if (token === '') return plain;
	if (isTokenShaped(token)) return { t: token };
	try {
		// Nobody can say whose token it is while the store is away; the pixel's open it is still.
		if (store === null) return plain;
		const recipient = await store.findRecipientByToken(pixelId, token);
		return recipient === null ? { t: token } : { ...plain, recipientId: recipient.recipientId };
	} catch (error) {
		deps.onError(error);
		return plain;
	}
}

/** A token of another pixel is as good as a forged one. */
function verifierFor(pixelId: string, { verifyToken }: ReceiveDeps): ReceiveDeps['verifyToken'] {
	return async (token) => {
		const result = await verifyToken(token);
		return result.ok && result.claims.pixelId !== pixelId
			? { ok: false, reason: 'other-pixel' }
			: result;
	};
}
