import { hash, randomBytes } from 'node:crypto';

import { isInRanges, parseAddress, rangeTableOf } from '../../tracking/classify/ip-ranges';
import type { FloodSettings } from '../config/settings';

/**
 * Ranges of an operator's own proxies and tests; nothing on the internet can send from them: loopback
 * (IPv6 has it in ::/64), private, link local and carrier-grade NAT.
 */
const OWN_RANGES = rangeTableOf([
	...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
	...['100.64.0.0/10', '::/64', 'fe80::/10', 'fc00::/7'],
]);

/** Addresses remembered at once; the one seen longest ago goes first. About 5 MB. */
const MAX_ADDRESSES = 50_000;

interface Bucket {
	tokens: number;
	/** Milliseconds since 1970 */
	at: number;
}

/**
 * Limits what one address can write into the log, by a token bucket per address. Answers are never
 * limited. Addresses are held only as hashes under a random key of this process.
 *
 * IPv6 is counted per /64, of which one machine has as many addresses as it likes. Addresses that
 * are not on the public internet are never limited: they are this operator's own proxies, and
 * limiting a proxy would lose the opens of everybody behind it.
 *
 * @returns tells whether a load from this address at this time may be recorded; `null` stands for
 *   an unknown address, which all share one bucket, and anything else must be an address
 */
export function createFloodLimit(
	{ perSecond, burst }: FloodSettings,
	maxAddresses = MAX_ADDRESSES,
): (ip: string | null, now: number) => boolean {
	if (perSecond <= 0) return () => true;
	const key = randomBytes(32).toString('base64');
	const buckets = new Map<string, Bucket>();

	return (ip, now) => {
		const network = networkOf(ip);
		if (network === null) return true;
		// One call takes a fiftieth of the time of an HMAC. The key has a fixed length, and what is named
		// never leaves the process, so nobody can add to the text behind it.
		const name = hash('sha256', key + network, 'base64');
		const known = buckets.get(name);
		const tokens = known
			? Math.min(burst, known.tokens + (Math.max(0, now - known.at) / 1000) * perSecond)
			: burst;
		const allowed = tokens >= 1;
		// Deleting first moves it to the end, so that the first one is the one seen longest ago.
		if (known) buckets.delete(name);
		buckets.set(name, { tokens: allowed ? tokens - 1 : tokens, at: now });
		if (buckets.size > maxAddresses) buckets.delete(buckets.keys().next().value ?? name);
		return allowed;
	};
}

/** What is counted together; `null` for an address that is never limited. */
function networkOf(ip: string | null): string | null {
	const address = parseAddress(ip);
	if (address === null) return 'unknown';
	if (isInRanges(OWN_RANGES, address)) return null;
	return `${address.version} ${address.high} ${address.low}`;
}
