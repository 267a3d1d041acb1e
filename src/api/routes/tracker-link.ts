import type { Pixel } from '../../storage/port/counts';
import type { KeyRing } from '../../tracking/links/key-ring';
import { TOKEN_IV_BYTES, TRACKER_TOKEN_PARAMETER } from '../../tracking/links/sealed-token';
import { signTrackingLink } from '../../tracking/links/tracking-link';
import type { ApiDeps } from '../api-deps';

/** What a link says of its pixel. */
export type LinkedPixel = Pick<Pixel, 'id' | 'campaignId' | 'trackingMode'>;

/** What makes links for the pixels of one request. */
export interface TrackerLinks {
	baseUrl: string;
	/** A new signed token, for one recipient or for the whole pixel */
	sign(pixel: LinkedPixel, recipientId: string | null): string;
	/** The address of the image, for a token or bare */
	url(pixelId: string, token?: string): string;
}

/** Gets hold of the signing keys, and gives what makes links with them. */
export async function trackerLinks(
	deps: Pick<ApiDeps, 'signing' | 'now' | 'randomBytes'>,
): Promise<TrackerLinks> {
	const { keyRing, baseUrl } = await deps.signing();
	return {
		baseUrl,
		sign: (pixel, recipientId) => signToken(pixel, recipientId, keyRing, baseUrl, deps),
		url: (pixelId, token) => {
			const bare = `${baseUrl}/${trackerPath(pixelId)}`;
			return token === undefined ? bare : `${bare}?${TRACKER_TOKEN_PARAMETER}=${token}`;
		},
	};
}

/** Where the image of a pixel is, below the base URL. */
function trackerPath(pixelId: string): string {
	return `tracker/${encodeURIComponent(pixelId)}.png`;
}

function signToken(
	pixel: LinkedPixel,
	recipientId: string | null,
	keyRing: KeyRing,
	baseUrl: string,
	deps: Pick<ApiDeps, 'now' | 'randomBytes'>,
): string {
	const { token } = signTrackingLink({
		baseUrl,
		path: trackerPath(pixel.id),
		parameter: TRACKER_TOKEN_PARAMETER,
		claims: {
			pixelId: pixel.id,
			recipientId,
			campaignId: pixel.campaignId,
			messageId: null,
			trackingMode: pixel.trackingMode,
			purpose: null,
			issuedAt: deps.now(),
			preview: false,
		},
		keyRing,
		iv: deps.randomBytes(TOKEN_IV_BYTES),
	});
	return token;
}
