import ipaddr from 'ipaddr.js';

/** Longest text an address can have: an IPv6 with an embedded IPv4 and a short zone id. */
const MAX_ADDRESS_LENGTH = 64;
const WORD = 2 ** 32;
const DOT = 46;
const DIGIT_ZERO = 48;

/**
 * An address as range tables compare it: an IPv4 address is `low` alone, an IPv6 address is its
 * first 64 bits in two words. No published range is narrower than a /64.
 */
export interface Address {
	readonly version: 4 | 6;
	readonly high: number;
	readonly low: number;
}

/**
 * Sorted boundaries: ranges start at even positions and end, exclusive, at odd ones. An address
 * lies inside when the number of boundaries at or below it is odd.
 */
export interface RangeTable {
	readonly v4: Float64Array;
	readonly v6High: Float64Array;
	readonly v6Low: Float64Array;
}

/** Boundaries as `scripts/update-ranges.mjs` writes them: base64 of LEB128 gaps. */
export interface PackedRanges {
	/** Gaps in addresses */
	readonly v4: string;
	/** Gaps in /64 networks */
	readonly v6: string;
}

/**
 * Reads an IPv4 or IPv6 address; IPv4 mapped into IPv6 becomes IPv4.
 *
 * @returns `null` for anything else, however long
 */
export function parseAddress(text: string | null): Address | null {
	if (typeof text !== 'string' || text.length > MAX_ADDRESS_LENGTH) return null;
	if (!text.includes(':')) return readIpv4(text);
	try {
		return fromIpv6(ipaddr.IPv6.parse(text));
	} catch {
		// The one way ipaddr.js has to say "no address" without parsing twice.
		return null;
	}
}

/** Four decimal parts; no proxy or socket ever writes octal, hex or shortened forms. */
function readIpv4(text: string): Address | null {
	let low = 0;
	let dots = 0;
	let part = 0;
	let digits = 0;
	for (let at = 0; at <= text.length; at += 1) {
		const code = at < text.length ? text.charCodeAt(at) : DOT;
		if (code === DOT) {
			if (digits === 0) return null;
			low = low * 256 + part;
			dots += 1;
			part = 0;
			digits = 0;
			continue;
		}
		const digit = code - DIGIT_ZERO;
		// `digits > 0 && part === 0` is a leading zero, which older programs read as octal.
		if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return null;
		part = part * 10 + digit;
		digits += 1;
		if (part > 255) return null;
	}
	return dots === 4 ? { version: 4, high: 0, low } : null;
}

function fromIpv6({ parts }: ipaddr.IPv6): Address {
	const isMapped = parts[5] === 0xffff && parts.slice(0, 5).every((part) => part === 0);
	return isMapped
		? { version: 4, high: 0, low: parts[6] * 65_536 + parts[7] }
		: { version: 6, high: parts[0] * 65_536 + parts[1], low: parts[2] * 65_536 + parts[3] };
}

/** Whether an address lies in one of the ranges. Binary search. */
export function isInRanges(table: RangeTable, address: Address): boolean {
	const { version, high, low } = address;
	const { v4, v6High, v6Low } = table;
	let from = 0;
	let to = version === 4 ? v4.length : v6High.length;
	while (from < to) {
		const middle = (from + to) >>> 1;
		const isBelow =
			version === 4
				? v4[middle] <= low
				: v6High[middle] < high || (v6High[middle] === high && v6Low[middle] <= low);
		if (isBelow) from = middle + 1;
		else to = middle;
	}
	return from % 2 === 1;
}

/**
 * Compiles CIDR ranges; overlapping and touching ones are merged.
 *
 * @throws when a range is malformed, or an IPv6 range is narrower than a /64
 * @example isInRanges(rangeTableOf(['192.0.2.0/24']), parseAddress('192.0.2.7')!) // true
 */
export function rangeTableOf(ranges: readonly string[]): RangeTable {
	const v4: Array<[bigint, bigint]> = [];
	const v6: Array<[bigint, bigint]> = [];
	for (const range of ranges) {
		const [network, prefix] = ipaddr.parseCIDR(range);
		const bits = network.kind() === 'ipv4' ? 32 : 64;
		const size = 1n << BigInt(bits - prefix);
		const { high, low } = parseAddress(network.toString()) as Address;
		const value = BigInt(high) * BigInt(WORD) + BigInt(low);
		const start = value - (value % size);
		(bits === 32 ? v4 : v6).push([start, start + size]);
	}
	const boundaries = { v4: mergedBoundaries(v4), v6: mergedBoundaries(v6) };
	return {
		v4: Float64Array.from(boundaries.v4, Number),
		v6High: Float64Array.from(boundaries.v6, (boundary) => Number(boundary >> 32n)),
		v6Low: Float64Array.from(boundaries.v6, (boundary) => Number(boundary & 0xffff_ffffn)),
	};
}

function mergedBoundaries(ranges: Array<[bigint, bigint]>): bigint[] {
	const boundaries: bigint[] = [];
	for (const [start, end] of ranges.sort(([a], [b]) => (a < b ? -1 : 1))) {
		const last = boundaries.length - 1;
		if (last < 0 || start > boundaries[last]) boundaries.push(start, end);
		else if (end > boundaries[last]) boundaries[last] = end;
	}
	return boundaries;
}

/** Unpacks what `scripts/update-ranges.mjs` compiled: Apple's whole list in a few milliseconds. */
export function unpackRanges(packed: PackedRanges): RangeTable {
	const v4 = unpackBoundaries(packed.v4);
	const v6 = unpackBoundaries(packed.v6);
	return { v4: v4.low, v6High: v6.high, v6Low: v6.low };
}

/** Bits of a boundary in the lower of the two numbers it is added up in. */
const LOW_BITS = 28;
const LOW_SIZE = 2 ** LOW_BITS;

/** Adds up the gaps. Plain numbers in two parts, because BigInt takes several times as long. */
function unpackBoundaries(packed: string): { high: Float64Array; low: Float64Array } {
	const bytes = Buffer.from(packed, 'base64');
	const high = new Float64Array(bytes.length);
	const low = new Float64Array(bytes.length);
	let count = 0;
	let upper = 0;
	let lower = 0;
	let shift = 0;
	for (const byte of bytes) {
		const group = byte & 0x7f;
		if (shift < LOW_BITS) lower += group * 2 ** shift;
		else upper += group * 2 ** (shift - LOW_BITS);
		shift += 7;
		if (byte & 0x80) continue;
		if (lower >= LOW_SIZE) {
			lower -= LOW_SIZE;
			upper += 1;
		}
		high[count] = Math.floor(upper / 16);
		low[count] = (upper % 16) * LOW_SIZE + lower;
		count += 1;
		shift = 0;
	}
	return { high: high.slice(0, count), low: low.slice(0, count) };
}
