import fc from 'fast-check';

import {
	hashIp,
	normaliseIp,
	reduceIp,
	truncateIp,
} from '../../../../src/tracking/minimise/minimise-ip';
import { roundEventId, roundTime } from '../../../../src/tracking/minimise/minimise-time';

const key = Buffer.alloc(32, 1);

describe('an address', () => {
	it.each([
		['203.0.113.77', '203.0.113.77'],
		['::ffff:203.0.113.77', '203.0.113.77'],
		['::FFFF:cb00:714d', '203.0.113.77'],
		['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
		['fe80::1%eth0', 'fe80::1'],
		[' 203.0.113.77 ', '203.0.113.77'],
		['203.0.113', null],
		['0x7f000001', null],
		['0177.0.0.1', null],
		['203.0.113.77:443', null],
		['', null],
		['anna@example.com', null],
	])('%j has one spelling: %j', (ip, expected) => {
		expect(normaliseIp(ip)).toBe(expected);
	});

	it('truncated shares its network with its neighbors and shows no host bit', () => {
		fc.assert(
			fc.property(fc.ipV4(), (ip) => {
				const [a, b, c] = ip.split('.');
				expect(truncateIp(ip)).toBe(`${a}.${b}.${c}.0`);
				expect(truncateIp(`::ffff:${ip}`)).toBe(`${a}.${b}.${c}.0`);
			}),
		);
		expect(truncateIp('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::');
		expect(truncateIp('2001:db8:1:ffff:ffff:ffff:ffff:ffff')).toBe('2001:db8:1::');
	});

	it('hashed is the same all day and unknown the next, however it is written', () => {
		const hash = hashIp('203.0.113.77', key);
		expect(hash).toMatch(/^[0-9a-f]{32}$/);
		expect(hashIp('::ffff:203.0.113.77', key)).toBe(hash);
		expect(hashIp('203.0.113.77', Buffer.alloc(32, 2))).not.toBe(hash);
		expect(() => hashIp('203.0.113.77', Buffer.alloc(8))).toThrow(/too short/);
	});

	it('is never passed on unread', () => {
		fc.assert(
			fc.property(
				fc.string(),
				fc.constantFrom('truncate' as const, 'hash' as const, 'keep' as const),
				(text, how) => {
					if (normaliseIp(text) === null) expect(reduceIp(text, how, key)).toBeNull();
				},
			),
		);
		expect(reduceIp('203.0.113.77', 'drop', null)).toBeNull();
		expect(() => reduceIp('203.0.113.77', 'hash', null)).toThrow(/No address key/);
	});
});

describe('a time', () => {
	it.each([
		['2026-11-21T13:45:10.123Z', 'exact', '2026-11-21T13:45:10.123Z'],
		['2026-11-21T13:45:10.123Z', 'hour', '2026-11-21T13:00:00.000Z'],
		['2026-11-21T23:45:10-05:00', 'day', '2026-11-22T00:00:00.000Z'],
		['1969-12-31T23:59:59Z', 'day', '1969-12-31T00:00:00.000Z'],
		['no date', 'exact', null],
	] as const)('%s to the %s is %s', (iso, precision, expected) => {
		expect(roundTime(iso, precision)).toBe(expected);
	});

	it('inside an id is rounded with it; ids of other kinds stay', () => {
		const id = '019aa6b5-7c8b-7def-8123-456789abcdef';
		const ms = (uuid: string) => parseInt(uuid.replace(/-/g, '').slice(0, 12), 16);
		expect(new Date(ms(roundEventId(id, 'hour'))).toISOString()).toBe(
			roundTime(new Date(ms(id)).toISOString(), 'hour'),
		);
		expect(roundEventId(id, 'hour').slice(13)).toBe(id.slice(13));
		expect(roundEventId(id, 'exact')).toBe(id);
		expect(roundEventId('sg_event_1', 'day')).toBe('sg_event_1');
	});
});
