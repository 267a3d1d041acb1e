import type { KeyRing } from './key-ring';
import { maxTokenLength, TOKEN_PARAMETER } from './sealed-token';
import { addressText, parseServerAddress } from './server-address';
import { signToken } from './token';
import type { TokenClaims } from './token-claims';

/** Where the pixel is served, below the base URL: the trigger's default path and every link's. */
export const PIXEL_PATH = 'email-open/pixel.png';

/** The longest tracking link that is made, in characters. */
export const MAX_LINK_LENGTH = 299;

/** What base URL and path may take of it, so that there is always room for ids. */
const MAX_PREFIX_LENGTH = 150;

/** Where n8n serves webhooks unless `N8N_ENDPOINT_WEBHOOK` says otherwise. */
const WEBHOOK_PATH = '/webhook';
const TEST_WEBHOOK_SEGMENT = 'webhook-test';

const DAY_MS = 86_400_000;

/**
 * The base URL of all tracking links in its one form, `https://host/webhook`. A bare host gets
 * n8n's own `/webhook`; any other path is taken as it is.
 *
 * @throws when it is no http(s) address, carries a user, a query or a fragment, or is the address
 *   of n8n's test webhooks
 * @example normaliseBaseUrl('https://n8n.example.com/') // 'https://n8n.example.com/webhook'
 */
export function normaliseBaseUrl(text: string): string {
	const url = parseServerAddress(text, 'The base URL');
	if (url.pathname.split('/').includes(TEST_WEBHOOK_SEGMENT)) {
		throw new Error(
			'The base URL is a test address (/webhook-test/). It answers only while the editor listens for a test event, so emails would carry a dead image. Use the production address, which ends in /webhook.',
		);
	}
	if (url.pathname === '/') url.pathname = WEBHOOK_PATH;
	return addressText(url);
}

/**
 * The address of the pixel for one token.
 *
 * @param path below the base URL; `PIXEL_PATH` unless the trigger listens elsewhere
 * @throws when base URL, path or token are not usable, or the link would exceed 299 characters
 */
export function trackingLink({
	baseUrl,
	path,
	token,
}: {
	baseUrl: string;
	path: string;
	token: string;
}): string {
	if (!/^[A-Za-z0-9_-]+$/.test(token)) {
		throw new Error('The token of the tracking link is not base64url. Make it with signToken.');
	}
	const link = linkPrefix(baseUrl, path, TOKEN_PARAMETER) + token;
	if (link.length > MAX_LINK_LENGTH) {
		throw new Error(
			`The tracking link would have ${link.length} characters, and ${MAX_LINK_LENGTH} are the most. Use shorter ids or a shorter base URL.`,
		);
	}
	return link;
}

/**
 * Signs claims and makes their tracking link, with as much room for the ids as the base URL leaves.
 *
 * Links of mode `aggregate` are one and the same for everybody: equal claims give an equal link all
 * day (UTC), because any difference would be an identifier.
 *
 * @param parameter the query parameter that holds the token
 * @param iv 12 fresh random bytes, never used twice
 * @throws as `signToken` and `trackingLink` do; and when the mode is `off`, which means no pixel at
 *   all, or `aggregate` with a recipient or message id, because such a link must not tell
 *   recipients apart
 */
export function signTrackingLink({
	baseUrl,
	path,
	parameter = TOKEN_PARAMETER,
	claims,
	keyRing,
	iv,
}: {
	baseUrl: string;
	path: string;
	parameter?: string;
	claims: TokenClaims;
	keyRing: KeyRing;
	iv: Uint8Array;
}): { url: string; token: string } {
	refuseUntrackable(claims);
	const isShared = claims.trackingMode === 'aggregate';
	const prefix = linkPrefix(baseUrl, path, parameter);
	const maxLength = Math.min(MAX_LINK_LENGTH - prefix.length, maxTokenLength('pixel'));
	const token = signToken(isShared ? ofTheDay(claims) : claims, keyRing, {
		// Where one link stands for one email, a random IV keeps equal claims from being recognized.
		iv: isShared ? 'of-content' : iv,
		maxLength,
	});
	return { url: prefix + token, token };
}

/**
 * Refuses claims that no link may carry.
 *
 * @throws when the mode is `off`, or `aggregate` with a recipient or message id
 */
export function refuseUntrackable(claims: TokenClaims): void {
	if (claims.trackingMode === 'off') {
		throw new Error('The tracking mode is off. Send this email without tracking.');
	}
	const tellsApart = claims.recipientId !== null || claims.messageId !== null;
	if (claims.trackingMode === 'aggregate' && tellsApart) {
		throw new Error(
			'An aggregate link must not tell recipients apart. Leave recipientId and messageId out.',
		);
	}
}

/** Claims whose time says the day alone, so that equal ones make an equal link all day (UTC). */
export function ofTheDay(claims: TokenClaims): TokenClaims {
	const day = Math.floor(claims.issuedAt.getTime() / DAY_MS) * DAY_MS;
	return { ...claims, issuedAt: new Date(day) };
}

/** Everything of a link before its token. */
export function linkPrefix(baseUrl: string, path: string, parameter: string): string {
	if (/[?#\\]/.test(path)) {
		throw new Error('The path holds a "?", "#" or "\\". Keep only the path.');
	}
	const trimmed = path.trim().replace(/^\/+|\/+$/g, '');
	if (trimmed === '') throw new Error('The path is empty. Use the path of the trigger.');
	const address = new URL(`${normaliseBaseUrl(baseUrl)}/${trimmed}`).href;
	const prefix = `${address}?${parameter}=`;
	if (prefix.length > MAX_PREFIX_LENGTH) {
		throw new Error(
			`Base URL and path have ${prefix.length} characters together, and ${MAX_PREFIX_LENGTH} are the most. Use a shorter host name or path.`,
		);
	}
	return prefix;
}
