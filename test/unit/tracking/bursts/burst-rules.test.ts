import { createSecretKey } from 'node:crypto';

import fc from 'fast-check';

import { createBurstMemory } from '../../../../src/tracking/bursts/burst-memory';
import {
	DOMAIN_BURST,
	NETWORK_BURST,
	observeBurst,
	placeLoad,
	type BurstLoad,
	type BurstRelabel,
	type BurstWindows,
	type PlacedLoad,
} from '../../../../src/tracking/bursts/burst-rules';
import { ACTORS } from '../../../../src/tracking/event/open-event';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const START = Date.parse('2026-11-21T10:00:00Z');

const load = (eventId: string, changes: Partial<BurstLoad> = {}): BurstLoad => ({
	eventId,
	at: START,
	recipient: 'ada@example.com',
	recipientDomain: 'example.com',
	ip: '192.0.2.1',
	actor: 'human',
	features: ['method:get', 'ua:browser'],
	...changes,
});
/** The memory together with the placing of loads, as the receive pipeline puts them together. */
const memoryUnder = (key = KEY, maxWindows?: number) => {
	const memory = createBurstMemory(maxWindows);
	return {
		size: memory.size,
		observe: (each: BurstLoad): BurstRelabel[] => {
			const placed = placeLoad(each, key);
			return placed === null ? [] : memory.observe(placed);
		},
	};
};
const relabelled = (loads: BurstLoad[]): string[][] => {
	const memory = memoryUnder();
	return loads.map((each) => memory.observe(each).map(({ eventId }) => eventId));
};

describe('one recipient, many networks', () => {
	test('the third network within two minutes relabels all three', () => {
		const memory = memoryUnder();
		expect(memory.observe(load('a', { ip: '192.0.2.1' }))).toEqual([]);
		expect(memory.observe(load('b', { ip: '198.51.100.1', at: START + 60_000 }))).toEqual([]);
		const last = memory.observe(load('c', { ip: '2001:db8::1', at: START + 119_999 }));
		expect(last.map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c']);
		expect(last[0]).toEqual({
			eventId: 'a',
			actor: 'scanner',
			actorReason: 'network-burst',
			feature: 'burst:networks',
		});
	});

	test('each load is relabelled once, and later ones in the window follow', () => {
		expect(
			relabelled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1' }),
				load('c', { ip: '203.0.113.1' }),
				load('d', { ip: '203.0.113.1', at: START + 30_000 }),
			]),
		).toEqual([[], [], ['a', 'b', 'c'], ['d']]);
	});

	test('two networks, or one network under several addresses, are no burst', () => {
		expect(
			relabelled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '192.0.2.200' }),
				load('c', { ip: '::ffff:192.0.2.77' }),
				load('d', { ip: '2001:db8:1:1::1' }),
				load('e', { ip: '2001:db8:1:ffff::1' }),
			]).flat(),
		).toEqual([]);
	});

	test('three networks over more than two minutes are no burst', () => {
		expect(
			relabelled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1', at: START + 60_000 }),
				load('c', { ip: '203.0.113.1', at: START + 120_000 }),
			]).flat(),
		).toEqual([]);
	});

	test('three recipients with a network each are no burst', () => {
		expect(
			relabelled([
				load('a', { recipient: 'a', ip: '192.0.2.1' }),
				load('b', { recipient: 'b', ip: '198.51.100.1' }),
				load('c', { recipient: 'c', ip: '203.0.113.1' }),
			]).flat(),
		).toEqual([]);
	});

	test('a machine is evidence but keeps the reason it has', () => {
		expect(
			relabelled([
				load('a', { ip: '192.0.2.1', actor: 'bot' }),
				load('b', { ip: '198.51.100.1', actor: 'scanner' }),
				load('c', { ip: '203.0.113.1', actor: 'unknown' }),
			]),
		).toEqual([[], [], ['c']]);
	});

	test.each([
		['an image proxy', { actor: 'human-via-proxy' as const }],
		['a prefetch', { actor: 'prefetch' as const }],
		["Apple's relays", { features: ['net:apple-egress'] }],
		['Google', { features: ['net:google'] }],
		['Exchange Online', { features: ['net:exchange-online'] }],
		['the sender', { actor: 'bot' as const, features: ['own'] }],
		['an unknown address', { ip: null }],
		['a malformed address', { ip: 'unknown' }],
	])('%s takes no part, because its networks say nothing', (_case, changes) => {
		expect(
			relabelled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1' }),
				load('c', { ip: '203.0.113.1', ...changes }),
			]).flat(),
		).toEqual([]);
	});

	test('loads that arrive out of order are judged by their times', () => {
		expect(
			relabelled([
				load('c', { ip: '203.0.113.1', at: START + 90_000 }),
				load('a', { ip: '192.0.2.1', at: START }),
				load('b', { ip: '198.51.100.1', at: START + 45_000 }),
			])[2],
		).toEqual(['c', 'a', 'b']);
		expect(
			relabelled([
				load('c', { ip: '203.0.113.1', at: START + 200_000 }),
				load('a', { ip: '192.0.2.1', at: START }),
				load('b', { ip: '198.51.100.1', at: START + 1 }),
			]).flat(),
		).toEqual([]);
	});

	test('an event that is delivered twice is one event', () => {
		expect(
			relabelled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1' }),
				load('b', { ip: '203.0.113.1' }),
			]).flat(),
		).toEqual([]);
	});
});

describe('one address, many domains', () => {
	const mailing = (count: number, gapMs: number): BurstLoad[] =>
		Array.from({ length: count }, (_, index) =>
			load(`e${index}`, {
				recipient: `r${index}`,
				recipientDomain: `company-${index}.example`,
				at: START + index * gapMs,
			}),
		);

	test('the tenth domain within ten minutes relabels all ten', () => {
		const memory = memoryUnder();
		const answers = mailing(11, 59_000).map((each) => memory.observe(each));
		expect(answers.slice(0, 9).flat()).toEqual([]);
		expect(answers[9]).toHaveLength(10);
		expect(answers[9][0]).toEqual({
			eventId: 'e0',
			actor: 'scanner',
			actorReason: 'address-many-domains',
			feature: 'burst:domains',
		});
		expect(answers[10].map(({ eventId }) => eventId)).toEqual(['e10']);
	});

	test('nine domains, or ten over more than ten minutes, are an office', () => {
		expect(relabelled(mailing(9, 1000)).flat()).toEqual([]);
		expect(relabelled(mailing(10, 66_667)).flat()).toEqual([]);
	});

	test('many recipients of one domain are one company behind one address', () => {
		const colleagues = mailing(30, 1000).map((each) => ({
			...each,
			recipientDomain: each.eventId === 'e1' ? 'EXAMPLE.com' : 'example.com',
		}));
		expect(relabelled(colleagues).flat()).toEqual([]);
	});
});

describe('what is remembered', () => {
	const anyLoad: fc.Arbitrary<BurstLoad> = fc.record({
		eventId: fc.uuid(),
		at: fc.integer({ min: START, max: START + 700_000 }),
		recipient: fc.option(fc.constantFrom('ada@example.com', 'bob@example.org')),
		recipientDomain: fc.option(fc.constantFrom('example.com', 'example.org')),
		ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('192.0.2.1', 'nonsense'))),
		actor: fc.constantFrom(...ACTORS),
		features: fc.subarray(['own', 'net:google', 'ua:browser']),
	});

	test('windows stay small, are plain JSON, and hold no address, network or domain', () => {
		fc.assert(
			fc.property(fc.array(anyLoad, { maxLength: 60 }), (loads) => {
				let windows: BurstWindows = { recipient: [], address: [] };
				for (const each of loads) {
					const placed = placeLoad(each, KEY);
					if (placed === null) continue;
					const answer = observeBurst(windows, placed);
					expect(observeBurst(windows, placed)).toEqual(answer);
					windows = answer.windows;
				}
				expect(windows.recipient.length).toBeLessThanOrEqual(NETWORK_BURST.maxLoads);
				expect(windows.address.length).toBeLessThanOrEqual(DOMAIN_BURST.maxLoads);
				const text = JSON.stringify(windows);
				expect(JSON.parse(text)).toEqual(windows);
				for (const { ip, recipientDomain } of loads) {
					if (ip !== null && ip.length > 3) expect(text).not.toContain(ip);
					if (recipientDomain !== null) expect(text).not.toContain(recipientDomain);
				}
				expect(text).not.toContain('192.0.2');
			}),
			{ numRuns: 100 },
		);
	});

	test('a reader who loads an image a thousand times fills no more than one window each', () => {
		let windows: BurstWindows = { recipient: [], address: [] };
		for (let index = 0; index < 1000; index += 1) {
			const again = load(`e${index}`, { at: START + index });
			const placed = placeLoad(again, KEY);
			if (placed === null) throw new Error('An ordinary load takes part.');
			windows = observeBurst(windows, placed).windows;
		}
		expect(windows.recipient).toHaveLength(NETWORK_BURST.maxLoads);
		expect(windows.address).toHaveLength(DOMAIN_BURST.maxLoads);
		expect(windows.recipient.at(-1)?.eventId).toBe('e999');
	});

	test('names and marks are keyed hashes: another key, others', () => {
		const places = placeLoad(load('a'), KEY);
		const hashesOf = (placed: PlacedLoad | null) => [
			placed?.recipient?.name,
			placed?.recipient?.mark,
			placed?.address?.name,
			placed?.address?.mark,
		];
		for (const hash of hashesOf(places)) expect(hash).toMatch(/^[0-9a-f]{16}$/);
		expect(hashesOf(placeLoad(load('b'), KEY))).toEqual(hashesOf(places));
		const others = placeLoad(load('a'), createSecretKey(Buffer.alloc(32, 8)));
		expect(new Set([...hashesOf(places), ...hashesOf(others)]).size).toBe(8);
	});

	test('a key that could be guessed is refused', () => {
		expect(() => placeLoad(load('a'), createSecretKey(Buffer.alloc(8)))).toThrow(
			'at least 16 bytes',
		);
	});

	test('memory has a limit, and the window touched longest ago goes first', () => {
		const memory = memoryUnder(KEY, 3);
		memory.observe(load('a', { recipient: 'r0', recipientDomain: null, ip: '192.0.2.1' }));
		for (const recipient of ['r1', 'r2']) {
			memory.observe(load(recipient, { recipient, recipientDomain: null }));
		}
		// Touched again, r0 is now younger than r1.
		memory.observe(load('b', { recipient: 'r0', recipientDomain: null, ip: '198.51.100.1' }));
		for (const recipient of ['r3', 'r4']) {
			memory.observe(load(recipient, { recipient, recipientDomain: null }));
			expect(memory.size()).toBeLessThanOrEqual(3);
		}
		const third = load('c', { recipient: 'r0', recipientDomain: null, ip: '203.0.113.1' });
		expect(memory.observe(third)).toHaveLength(3);
	});

	test('windows are forgotten when their time is over', () => {
		const memory = memoryUnder();
		for (let index = 0; index < 50; index += 1) {
			memory.observe(load(`e${index}`, { recipient: `r${index}`, ip: `192.0.2.${index}` }));
		}
		expect(memory.size()).toBe(100);
		memory.observe(load('late', { recipient: 'late', ip: '203.0.113.9', at: START + 600_000 }));
		expect(memory.size()).toBe(2);
	});
});
