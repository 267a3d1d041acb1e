import { createHmac } from 'node:crypto';

import ipaddr from 'ipaddr.js';

/** What becomes of an address: nothing, its network, a hash that fits one day, or all of it. */
export const IP_REDUCTIONS = ['drop', 'truncate', 'hash', 'keep'] as const;
export type IpReduction = (typeof IP_REDUCTIONS)[number];

/** The one way that addresses are written by proxies and sockets: four decimal parts. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_PREFIX = 48;
/** How a socket that takes both kinds writes an IPv4 address. */
const MAPPED = '::ffff:';

/**
 * One canonical spelling per address: IPv4 mapped into IPv6 becomes IPv4, zone ids go.
 *
 * @returns `null` for anything that is not a plain IPv4 or IPv6 address
 */
export function normaliseIp(ip: string): string | null {
	const text = ip.trim();
	// Every load comes by here, and ipaddr.js would parse it three times to say the same.
	const bare = text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text;
	if (IPV4.test(bare)) return bare;
	// ipaddr.js also reads octal, hex and shortened IPv4, which no proxy or socket ever writes.
	if (!ipaddr.IPv6.isValid(text)) return null;
	const address = ipaddr.process(text);
	if (address instanceof ipaddr.IPv6) address.zoneId = undefined;
	return address.toString();
}

/**
 * The network of an address: /24 for IPv4, /48 for IPv6.
 *
 * @returns the first address of the network, or `null` when `ip` is no address
 * @example truncateIp('::ffff:203.0.113.77') // '203.0.113.0'
 */
export function truncateIp(ip: string): string | null {
	const normal = normaliseIp(ip);
	if (normal === null) return null;
	return IPV4.test(normal)
		? `${normal.slice(0, normal.lastIndexOf('.'))}.0`
		: ipaddr.IPv6.networkAddressFromCIDR(`${normal}/${IPV6_PREFIX}`).toString();
}

/**
 * Keyed hash of an address. Without a key this would protect nothing, because all four billion
 * IPv4 addresses can be tried; with a key that is destroyed after its day (see
 * `daily-ip-key-schedule.ts`) nobody can try them any more.
 *
 * @param key at least 16 bytes, the key of the day
 * @returns 32 hex digits, or `null` when `ip` is no address
 */
export function hashIp(ip: string, key: Buffer): string | null {
	if (key.length < 16) throw new Error('The address key is too short. Pass at least 16 bytes.');
	const normal = normaliseIp(ip);
	if (normal === null) return null;
	return createHmac('sha256', key).update(`ip\0${normal}`).digest('hex').slice(0, 32);
}

/**
 * Reduces an address as asked. What cannot be read as an address is dropped, never passed on.
 *
 * @param dailyKey needed for `hash` only
 * @throws when `hash` is asked for without a key
 */
export function reduceIp(
	ip: string | null,
	reduction: IpReduction,
	dailyKey: Buffer | null,
): string | null {
	if (ip === null || reduction === 'drop') return null;
	if (reduction === 'truncate') return truncateIp(ip);
	if (reduction === 'keep') return normaliseIp(ip);
	if (!dailyKey) {
		throw new Error('No address key for today. Pass one, or drop or truncate the address.');
	}
	return hashIp(ip, dailyKey);
}
