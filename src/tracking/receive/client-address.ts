import { normaliseIp } from '../minimise/minimise-ip';

/** More than any chain of proxies; what lies further left is never looked at. */
const MAX_HOPS = 32;
/** An address with port, brackets and zone fits; anything longer is not one. */
const MAX_ENTRY_LENGTH = 100;

export interface ForwardedRequest {
	/** Who holds the TCP connection */
	remoteAddress: string | null | undefined;
	/** The `X-Forwarded-For` header as it came; several of them joined by commas */
	forwardedFor: string | null | undefined;
	/** How many proxies in front are ours: n8n's `N8N_PROXY_HOPS` */
	trustedHops: number;
}

/**
 * The client's address: what Express gives as `req.ip` when `trust proxy` is a hop count, which is
 * how n8n uses `N8N_PROXY_HOPS` (https://expressjs.com/en/guide/behind-proxies.html). Each trusted
 * hop vouches for one more address from the right of `X-Forwarded-For`; whatever a client wrote
 * further left changes nothing.
 *
 * A port behind the address, as some load balancers write it, is taken off.
 *
 * @returns `null` when the trusted proxy named no address (`unknown`, an obfuscated name) or there
 *   is no connection address: an unknown client is better than the wrong one
 * @example
 * clientAddress({ remoteAddress: '10.0.0.2', forwardedFor: '1.2.3.4, 203.0.113.7', trustedHops: 1 })
 * // '203.0.113.7'
 */
export function clientAddress(request: ForwardedRequest): string | null {
	const hops = Number.isFinite(request.trustedHops)
		? Math.min(Math.max(Math.trunc(request.trustedHops), 0), MAX_HOPS)
		: 0;
	return readAddress(
		hops === 0
			? request.remoteAddress
			: (entryFromRight(request.forwardedFor, hops) ?? request.remoteAddress),
	);
}

/**
 * The n-th entry from the right, or the leftmost when there are fewer. Reads from the end, so a
 * long header costs no more than its trusted part.
 */
function entryFromRight(header: string | null | undefined, count: number): string | null {
	if (typeof header !== 'string' || header.trim() === '') return null;
	let end = header.length;
	for (let taken = 1; ; taken += 1) {
		const comma = header.lastIndexOf(',', end - 1);
		if (taken === count || comma <= 0) return header.slice(end === 0 ? 0 : comma + 1, end);
		end = comma;
	}
}

function readAddress(entry: string | null | undefined): string | null {
	if (typeof entry !== 'string') return null;
	const text = entry.trim();
	if (text.length > MAX_ENTRY_LENGTH) return null;
	return normaliseIp(withoutPort(text));
}

function withoutPort(text: string): string {
	const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
	if (bracketed) return bracketed[1];
	return /^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text;
}
