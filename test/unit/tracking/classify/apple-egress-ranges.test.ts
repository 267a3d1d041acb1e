import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
	APPLE_EGRESS_COUNT,
	APPLE_EGRESS_DATE,
	APPLE_EGRESS_RANGES,
} from '../../../../src/tracking/classify/apple-egress-ranges';
import {
	isInRanges,
	parseAddress,
	rangeTableOf,
	unpackRanges,
} from '../../../../src/tracking/classify/ip-ranges';

// Read here by other means than the script and the lookup use, so that both are checked.
const lines = readFileSync(
	join(__dirname, '../../../../data/icloud-private-relay/egress-ip-ranges.csv'),
	'utf8',
)
	.trim()
	.split('\n')
	.map((line) => line.split(',')[0]);

interface Range {
	bits: 32 | 128;
	first: bigint;
	last: bigint;
}

function rangeOf(line: string): Range {
	const [address, prefix] = line.split('/');
	const bits = address.includes(':') ? 128 : 32;
	const first = bits === 32 ? valueOfIpv4(address) : valueOfIpv6(address);
	const size = 1n << BigInt(bits - Number(prefix ?? bits));
	return { bits, first, last: first + size - 1n };
}

function valueOfIpv4(address: string): bigint {
	return address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function valueOfIpv6(address: string): bigint {
	const [head, tail = ''] = address.split('::').map((part) => part.split(':').filter(Boolean));
	const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
	return [...head, ...zeros, ...tail].reduce(
		(value, part) => value * 65_536n + BigInt(`0x${part}`),
		0n,
	);
}

function textOf(value: bigint, bits: 32 | 128): string {
	const step = bits === 32 ? 8n : 16n;
	const parts: string[] = [];
	for (let shift = BigInt(bits) - step; shift >= 0n; shift -= step) {
		const part = (value >> shift) & ((1n << step) - 1n);
		parts.push(part.toString(bits === 32 ? 10 : 16));
	}
	return parts.join(bits === 32 ? '.' : ':');
}

const ranges = lines.map(rangeOf);
const table = unpackRanges(APPLE_EGRESS_RANGES);
const isApple = (value: bigint, bits: 32 | 128): boolean => {
	const address = parseAddress(textOf(value, bits));
	if (address === null) throw new Error(`not an address: ${textOf(value, bits)}`);
	return isInRanges(table, address);
};

test('the module names its list', () => {
	expect(lines).toHaveLength(APPLE_EGRESS_COUNT);
	expect(APPLE_EGRESS_DATE).toMatch(/^20\d\d-\d\d-\d\d$/);
});

test('the first and the last address of every range are inside', () => {
	const missing = ranges.filter(
		({ bits, first, last }) => !isApple(first, bits) || !isApple(last, bits),
	);
	expect(missing).toEqual([]);
});

test('the neighbors of every range are outside, unless another range holds them', () => {
	const starts = { 32: new Set<bigint>(), 128: new Set<bigint>() };
	const ends = { 32: new Set<bigint>(), 128: new Set<bigint>() };
	for (const { bits, first, last } of ranges) {
		starts[bits].add(first);
		ends[bits].add(last);
	}
	const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
	const isListed = (value: bigint, bits: 32 | 128): boolean => {
		if (starts[bits].has(value) || ends[bits].has(value)) return true;
		// Ranges that hold a neighbor without starting or ending there are wider ones around it.
		return sorted.some((range) => range.bits === bits && range.first < value && value < range.last);
	};
	let outside = 0;
	const wrong: string[] = [];
	for (const { bits, first, last } of ranges) {
		for (const neighbor of [first - 1n, last + 1n]) {
			// Only a merged or enclosed neighbor is found inside; anything else is a wrong lookup.
			if (!isApple(neighbor, bits)) outside += 1;
			else if (!isListed(neighbor, bits)) wrong.push(textOf(neighbor, bits));
		}
	}
	expect(wrong).toEqual([]);
	expect(outside).toBeGreaterThan(2 * 5000);
});

test('none of the ranges lie in the network that Apple itself owns', () => {
	expect(isApple(valueOfIpv4('17.0.0.0'), 32)).toBe(false);
	expect(isApple(valueOfIpv4('17.255.255.255'), 32)).toBe(false);
});

test('IPv4 mapped into IPv6 is IPv4', () => {
	expect(parseAddress('::ffff:104.28.28.1')).toEqual(parseAddress('104.28.28.1'));
	expect(parseAddress('::ffff:681c:1c01')).toEqual(parseAddress('104.28.28.1'));
	expect(parseAddress('fe80::1%eth0')).toEqual(parseAddress('fe80::1'));
});

test.each([
	'',
	' 1.2.3.4',
	'1.2.3',
	'1.2.3.4.5',
	'256.1.1.1',
	'01.2.3.4',
	'0x1.2.3.4',
	'1.2.3.4/24',
	'::g',
	'1:2',
	'[::1]',
])('%j is no address', (text) => {
	expect(parseAddress(text)).toBeNull();
});

test('overlapping and touching ranges are merged, and a bad one is refused', () => {
	const merged = rangeTableOf(['10.0.1.0/24', '10.0.0.0/24', '10.0.0.128/25', '2001:db8::/33']);
	expect([...merged.v4]).toEqual([10 * 2 ** 24, 10 * 2 ** 24 + 512]);
	expect(merged.v6High).toHaveLength(2);
	expect(() => rangeTableOf(['10.0.0.0/33'])).toThrow();
	expect(() => rangeTableOf(['2001:db8::/65'])).toThrow();
});
