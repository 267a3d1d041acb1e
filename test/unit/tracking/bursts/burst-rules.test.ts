import { createSecretKey } from 'node:crypto';

import fc from 'fast-check';

import {
	burstFeatures,
	DOMAIN_BURST,
	NETWORK_BURST,
	observeBurst,
	placeLoad,
	type BurstLabel,
	type BurstLoad,
	type BurstWindow,
	type BurstWindows,
	type PlacedLoad,
} from '../../../../src/tracking/bursts/burst-rules';
import { CLICK_RULES } from '../../../../src/tracking/bursts/click-rules';
import { classifyFeatures } from '../../../../src/tracking/classify/classify-load';
import { CURRENT_RULES } from '../../../../src/tracking/classify/classify-rules';
import { ACTORS } from '../../../../src/tracking/event/event-fields';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const START = Date.parse('2026-11-21T10:00:00Z');

const load = (eventId: string, changes: Partial<BurstLoad> = {}): BurstLoad => ({
	eventId,
	at: START,
	recipient: 'ada@example.com',
	recipientDomain: 'example.com',
	ip: '192.0.2.1',
	manyDomains: true,
	actor: 'human',
	features: ['method:get', 'ua:browser'],
	...changes,
});
/** The rules with their windows in a map, as the store keeps them in a table. */
function keptWindows() {
	const windows = new Map<string, BurstWindow>();
	return {
		observe: (each: BurstLoad): BurstLabel[] => {
			const placed = placeLoad(each, KEY);
			if (placed === null) return [];
			const [recipient, address] = [placed.recipient?.name ?? '', placed.address?.name ?? ''];
			const { windows: after, labels } = observeBurst(
				{ recipient: windows.get(recipient) ?? [], address: windows.get(address) ?? [] },
				placed,
			);
			windows.set(recipient, after.recipient).set(address, after.address);
			return labels;
		},
	};
}
const relabeled = (loads: BurstLoad[]): string[][] => {
	const kept = keptWindows();
	return loads.map((each) => kept.observe(each).map(({ eventId }) => eventId));
};

describe('one recipient, many networks', () => {
	test('the third network within two minutes relabels all three', () => {
		const kept = keptWindows();
		expect(kept.observe(load('a', { ip: '192.0.2.1' }))).toEqual([]);
		expect(kept.observe(load('b', { ip: '198.51.100.1', at: START + 60_000 }))).toEqual([]);
		const last = kept.observe(load('c', { ip: '2001:db8::1', at: START + 119_999 }));
		expect(last.map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c']);
		expect(last[0]).toEqual({
			eventId: 'a',
			actor: 'scanner',
			actorReason: 'network-burst',
			rulesVersion: CURRENT_RULES.version,
		});
	});

	test('each load is relabeled once, and later ones in the window follow', () => {
		expect(
			relabeled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1' }),
				load('c', { ip: '203.0.113.1' }),
				load('d', { ip: '203.0.113.1', at: START + 30_000 }),
			]),
		).toEqual([[], [], ['a', 'b', 'c'], ['d']]);
	});

	test('two networks, or one network under several addresses, are no burst', () => {
		expect(
			relabeled([
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
			relabeled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1', at: START + 60_000 }),
				load('c', { ip: '203.0.113.1', at: START + 120_000 }),
			]).flat(),
		).toEqual([]);
	});

	test('three recipients with a network each are no burst', () => {
		expect(
			relabeled([
				load('a', { recipient: 'a', ip: '192.0.2.1' }),
				load('b', { recipient: 'b', ip: '198.51.100.1' }),
				load('c', { recipient: 'c', ip: '203.0.113.1' }),
			]).flat(),
		).toEqual([]);
	});

	test('a machine is evidence but keeps the reason it has', () => {
		expect(
			relabeled([
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
			relabeled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1' }),
				load('c', { ip: '203.0.113.1', ...changes }),
			]).flat(),
		).toEqual([]);
	});

	test('loads that arrive out of order are judged by their times', () => {
		expect(
			relabeled([
				load('c', { ip: '203.0.113.1', at: START + 90_000 }),
				load('a', { ip: '192.0.2.1', at: START }),
				load('b', { ip: '198.51.100.1', at: START + 45_000 }),
			])[2],
		).toEqual(['c', 'a', 'b']);
		expect(
			relabeled([
				load('c', { ip: '203.0.113.1', at: START + 200_000 }),
				load('a', { ip: '192.0.2.1', at: START }),
				load('b', { ip: '198.51.100.1', at: START + 1 }),
			]).flat(),
		).toEqual([]);
	});

	test('an event that is delivered twice is one event', () => {
		expect(
			relabeled([
				load('a', { ip: '192.0.2.1' }),
				load('b', { ip: '198.51.100.1' }),
				load('b', { ip: '203.0.113.1' }),
			]).flat(),
		).toEqual([]);
	});
});

describe('clicks of one recipient', () => {
	const click = (
		eventId: string,
		second: number,
		linkPosition: number,
		changes: Partial<BurstLoad> = {},
	) => load(eventId, { at: START + second * 1000, linkPosition, ...changes });
	const head = (second: number, linkPosition: number, changes: Partial<BurstLoad> = {}) =>
		click('head', second, linkPosition, { actor: 'bot', features: ['method:head'], ...changes });
	const elsewhere = { ip: '198.51.100.7' };
	/** The reason of each event that got one, whichever it got last. */
	const reasons = (loads: BurstLoad[]): Record<string, string> => {
		const kept = keptWindows();
		const labels = loads.flatMap((each) => kept.observe(each));
		return Object.fromEntries(labels.map(({ eventId, actorReason }) => [eventId, actorReason]));
	};

	test.each<[string, BurstLoad[], Record<string, string>]>([
		[
			'three links in less than ten seconds, by whatever networks',
			[click('a', 0, 1), click('b', 5, 2, elsewhere), click('c', 9.999, 3)],
			{ a: 'link-burst', b: 'link-burst', c: 'link-burst' },
		],
		['three links in ten seconds', [click('a', 0, 1), click('b', 5, 2), click('c', 10, 3)], {}],
		['one link, often', [1, 2, 3, 4].map((second) => click(`${second}`, second, 1)), {}],
		[
			'links that were looked at are links too',
			[head(0, 1), { ...head(1, 2), eventId: 'head 2' }, click('c', 2, 3, elsewhere)],
			{ c: 'link-burst' },
		],
		[
			'HEAD before GET',
			[head(0, 1), click('a', 9.999, 1), click('b', 9, 2)],
			{ a: 'link-head-first' },
		],
		['HEAD long before GET', [head(0, 1), click('a', 10, 1)], {}],
		['HEAD after GET', [click('a', 0, 1), head(1, 1)], {}],
		['HEAD from elsewhere', [head(0, 1, elsewhere), click('a', 1, 1)], {}],
		[
			'HEAD from nobody knows where',
			[head(0, 1, { ip: null }), click('a', 1, 1, { ip: null })],
			{},
		],
		[
			"HEAD from a network that is everybody's",
			[head(0, 1, { features: ['method:head', 'net:google'] }), click('a', 1, 1)],
			{},
		],
		[
			'five neighboring links in their order within half a minute',
			[5, 6, 7, 8, 9].map((link, step) => click(`${link}`, step * 7, link)),
			Object.fromEntries([5, 6, 7, 8, 9].map((link) => [link, 'link-order'])),
		],
		['four of them', [5, 6, 7, 8].map((link, step) => click(`${link}`, step * 7, link)), {}],
		[
			'five links, one left out',
			[5, 6, 8, 9, 10].map((link, step) => click(`${link}`, step * 7, link)),
			{},
		],
		[
			'five links in another order',
			[9, 8, 7, 6, 5].map((link, step) => click(`${link}`, step * 7, link)),
			{},
		],
		[
			'two links at once, not where the email was opened',
			[load('open'), click('a', 10, 1, elsewhere), click('b', 12.9, 2, elsewhere)],
			{ a: 'clicks-elsewhere', b: 'clicks-elsewhere' },
		],
		[
			'the same, where the open was a machine',
			[load('open', { actor: 'bot' }), click('a', 10, 1, elsewhere), click('b', 11, 2, elsewhere)],
			{},
		],
		[
			'the same, long after the open',
			[load('open'), click('a', 120, 1, elsewhere), click('b', 121, 2, elsewhere)],
			{},
		],
		[
			'the same, one after the other',
			[load('open'), click('a', 10, 1, elsewhere), click('b', 13, 2, elsewhere)],
			{},
		],
		['one link elsewhere', [load('open'), click('a', 10, 1, elsewhere)], {}],
		[
			'two links at once, one of them where the email was opened',
			[load('open'), click('a', 10, 1), click('b', 11, 2, elsewhere)],
			{},
		],
		[
			'the same link elsewhere, by another system',
			[
				load('open', { features: ['os:iOS'] }),
				click('a', 10, 1, { features: ['os:iOS'] }),
				click('b', 39.9, 1, { ...elsewhere, features: ['os:Windows'] }),
			],
			{ b: 'clicks-elsewhere' },
		],
		[
			'the same link elsewhere, by a system nobody knows',
			[load('open', { features: ['os:iOS'] }), click('a', 10, 1), click('b', 12, 1, elsewhere)],
			{},
		],
	])('%s', (_, loads, expected) => {
		expect(reasons(loads)).toEqual(expected);
		expect(reasons([...loads].reverse())).toEqual(expected);
	});

	const anyLoads = fc
		.tuple(
			fc.array(
				fc.record({
					second: fc.integer({ min: 0, max: 60 }),
					linkPosition: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
					ip: fc.constantFrom('192.0.2.1', '198.51.100.1', '2001:db8::1', null),
					actor: fc.constantFrom(...ACTORS),
					features: fc.constantFrom(['method:head'], ['os:iOS'], ['os:macOS']),
				}),
				{ maxLength: 10 },
			),
			fc.constantFrom([], [1, 2, 3, 4, 5]),
		)
		.map(([any, inOrder]) => [
			...any.map(({ second, ...each }, index) =>
				load(`e${index}`, { at: START + second * 1000, ...each }),
			),
			...inOrder.map((link) => click(`in order ${link}`, link * 6, link)),
		]);

	test('get the same labels in whatever order they arrive', () => {
		const named = new Set<string>();
		fc.assert(
			fc.property(
				anyLoads.chain((all) =>
					fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
				),
				([all, shuffled]) => {
					const labels = reasons(all);
					for (const reason of Object.values(labels)) named.add(reason);
					expect(reasons(shuffled)).toEqual(labels);
				},
			),
			{ numRuns: 1000 },
		);
		// Each rule had something to say.
		expect([...named].sort()).toEqual([
			'clicks-elsewhere',
			'link-burst',
			'link-head-first',
			'link-order',
			'network-burst',
		]);
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
		const kept = keptWindows();
		const answers = mailing(11, 59_000).map((each) => kept.observe(each));
		expect(answers.slice(0, 9).flat()).toEqual([]);
		expect(answers[9]).toHaveLength(10);
		expect(answers[9][0]).toEqual({
			eventId: 'e0',
			actor: 'scanner',
			actorReason: 'address-many-domains',
			rulesVersion: CURRENT_RULES.version,
		});
		expect(answers[10].map(({ eventId }) => eventId)).toEqual(['e10']);
	});

	test('nine domains, or ten over more than ten minutes, are an office', () => {
		expect(relabeled(mailing(9, 1000)).flat()).toEqual([]);
		expect(relabeled(mailing(10, 66_667)).flat()).toEqual([]);
	});

	test('nobody is looked at for it where the rule is off, as it is by default', () => {
		const off = mailing(20, 1000).map((each) => ({ ...each, manyDomains: false }));
		expect(relabeled(off).flat()).toEqual([]);
		expect(placeLoad(off[0], KEY)).toMatchObject({ address: null });
		expect(placeLoad({ ...off[0], recipient: null }, KEY)).toBeNull();
	});

	test('many recipients of one domain are one company behind one address', () => {
		const colleagues = mailing(30, 1000).map((each) => ({
			...each,
			recipientDomain: each.eventId === 'e1' ? 'EXAMPLE.com' : 'example.com',
		}));
		expect(relabeled(colleagues).flat()).toEqual([]);
	});
});

test.each([NETWORK_BURST, DOMAIN_BURST, ...CLICK_RULES])(
	'$actorReason is what the event is called when it is judged again',
	({ actorReason }) => {
		const features = ['method:get', 'ua:browser', ...burstFeatures(actorReason)];
		expect(classifyFeatures(features)).toMatchObject({ actor: 'scanner', actorReason });
	},
);

describe('what is remembered', () => {
	const anyLoad: fc.Arbitrary<BurstLoad> = fc.record({
		eventId: fc.uuid(),
		at: fc.integer({ min: START, max: START + 700_000 }),
		recipient: fc.option(fc.constantFrom('ada@example.com', 'bob@example.org')),
		recipientDomain: fc.option(fc.constantFrom('example.com', 'example.org')),
		ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('192.0.2.1', 'nonsense'))),
		manyDomains: fc.boolean(),
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
});
