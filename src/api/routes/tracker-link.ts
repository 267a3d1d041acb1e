import type { Pixel } from '../../storage/port/tracking-store';
import type { KeyRing } from '../../tracking/links/key-ring';
import { TOKEN_IV_BYTES } from '../../tracking/links/token';
import { signTrackingLink, TOKEN_PARAMETER } from '../../tracking/links/tracking-link';
import type { ApiDeps } from '../api-deps';

/** The query parameter of the Mail Tracker API; links of the trigger use a shorter one. */
export const TRACKER_TOKEN_PARAMETER = 'token';

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
		// The parameter's name is longer here; the path is padded by as much to keep the limit.
		path:
			trackerPath(pixel.id) + '-'.repeat(TRACKER_TOKEN_PARAMETER.length - TOKEN_PARAMETER.length),
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
