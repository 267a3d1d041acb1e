import fc from 'fast-check';

import {
	addLoads,
	addSent,
	EMPTY_GROUP,
	EMPTY_RECIPIENT,
	loneLoad,
	machineOpensOf,
	moveGroup,
	opensOf,
	relabelLoad,
	settlePixel,
	shareOf,
	VIEW_GAP_MS,
} from '../../../../src/tracking/counters/tally';
import type { Load, RecipientTally } from '../../../../src/tracking/counters/tally';
import { ACTORS } from '../../../../src/tracking/event/open-event';

const humanAt = (...seconds: number[]): Load[] =>
	seconds.map((second) => ({ at: second * 1000, actor: 'human' }));

const someLoads = fc.array(
	fc.record({
		at: fc.integer({ min: 0, max: 60 }).map((step) => step * 5000),
		actor: fc.constantFrom(...ACTORS),
	}),
	{ maxLength: 30 },
);

const counts = (load: Load) => !['prefetch', 'scanner', 'bot'].includes(load.actor);

/** The counted loads within reach of one, as a store would look them up. */
function nearest(held: readonly Load[], at: number): number[] {
	const times = held.filter(counts).map((load) => load.at);
	const before = Math.max(...times.filter((time) => time <= at));
	const after = Math.min(...times.filter((time) => time > at));
	return [before, after].filter((time) => Math.abs(time - at) <= VIEW_GAP_MS);
}

test('loads at 0, 15, 28, 65 and 80 s: five opens, 43 s, two sessions', () => {
	const tally = addLoads(EMPTY_RECIPIENT, humanAt(0, 15, 28, 65, 80));
	expect(opensOf(tally)).toBe(5);
	expect(tally).toMatchObject({
		viewTimeMs: 43_000,
		sessions: 2,
		firstOpenAt: 0,
		lastOpenAt: 80_000,
	});
});

test('a gap of exactly 30 s still belongs to one session, 1 ms more does not', () => {
	const near = addLoads(EMPTY_RECIPIENT, humanAt(0, 30));
	expect(near).toMatchObject({ viewTimeMs: 30_000, sessions: 1 });
	const far = addLoads(EMPTY_RECIPIENT, [...humanAt(0), { at: 30_001, actor: 'human' }]);
	expect(far).toMatchObject({ viewTimeMs: 0, sessions: 2 });
});

test('a load between two sessions can make them one', () => {
	const apart = addLoads(EMPTY_RECIPIENT, humanAt(0, 50));
	expect(apart).toMatchObject({ viewTimeMs: 0, sessions: 2 });
	expect(addLoads(apart, humanAt(25), [0, 50_000])).toMatchObject({
		viewTimeMs: 50_000,
		sessions: 1,
	});
});

test('machines are counted apart and take no time', () => {
	const tally = addLoads(EMPTY_RECIPIENT, [
		{ at: 0, actor: 'prefetch' },
		{ at: 1000, actor: 'scanner' },
		{ at: 2000, actor: 'bot' },
	]);
	expect(opensOf(tally)).toBe(0);
	expect(machineOpensOf(tally)).toBe(3);
	expect(tally).toMatchObject({ viewTimeMs: 0, sessions: 0, firstOpenAt: null, lastLoadAt: 2000 });
});

test('any order and any pieces give what all at once gives', () => {
	fc.assert(
		fc.property(someLoads, fc.integer({ min: 1, max: 7 }), (loads, size) => {
			let tally: RecipientTally = EMPTY_RECIPIENT;
			const held: Load[] = [];
			for (let start = 0; start < loads.length; start += size) {
				const part = loads.slice(start, start + size);
				const nearby = part.filter(counts).flatMap((load) => nearest(held, load.at));
				tally = addLoads(tally, part, nearby);
				held.push(...part);
			}
			expect(tally).toEqual(addLoads(EMPTY_RECIPIENT, loads));
		}),
		{ numRuns: 300 },
	);
});

test('after a new label, the tally is that of a log which had the label from the start', () => {
	fc.assert(
		fc.property(
			someLoads.filter((loads) => loads.length > 0),
			fc.nat(),
			fc.constantFrom(...ACTORS),
			(loads, pick, to) => {
				const index = pick % loads.length;
				const load = loads[index];
				if (load === undefined) return;
				const after = loads.map((one, at) => (at === index ? { ...one, actor: to } : one));
				const expected = addLoads(EMPTY_RECIPIENT, after);
				const others = nearest(
					loads.filter((_, at) => at !== index),
					load.at,
				);
				const change = { at: load.at, from: load.actor, to };
				const before = addLoads(EMPTY_RECIPIENT, loads);
				expect(relabelLoad(before, change, others, expected)).toMatchObject({
					...expected,
				});
			},
		),
		{ numRuns: 300 },
	);
});

test('a sum moves by what its part was and is', () => {
	const before = addLoads(EMPTY_RECIPIENT, humanAt(0, 10));
	const after = addSent(addLoads(before, humanAt(20)), [5]);
	let group = moveGroup(EMPTY_GROUP, EMPTY_GROUP, shareOf(before, false));
	group = moveGroup(group, shareOf(before, false), shareOf(after, false));
	expect(group).toEqual({ ...EMPTY_GROUP, ...shareOf(after, false) });
	expect(group).toMatchObject({
		uniqueOpens: 1,
		sentRecipients: 1,
		openedOfSent: 1,
		viewTimeMs: 20_000,
	});
});

test('anonymous loads are a unique open only while the pixel has no recipients', () => {
	const pixel = { ...EMPTY_GROUP, pixels: 1, campaignId: null, anonymousFirstOpenAt: 7 };
	expect(settlePixel(pixel)).toMatchObject({ uniqueOpens: 1, openedPixels: 1 });
	expect(settlePixel({ ...pixel, recipients: 3 })).toMatchObject({
		uniqueOpens: 0,
		openedPixels: 1,
	});
	expect(settlePixel({ ...pixel, uniqueRecipients: 2 })).toMatchObject({ uniqueOpens: 2 });
	expect(settlePixel({ ...pixel, anonymousFirstOpenAt: null })).toMatchObject({ openedPixels: 0 });
});

test('a lone load has a time only where it may have one', () => {
	expect(loneLoad({ at: 9, actor: 'human' }, false)).toEqual({ ...EMPTY_GROUP, human: 1 });
	expect(loneLoad({ at: 9, actor: 'bot' }, true)).toEqual({
		...EMPTY_GROUP,
		bot: 1,
		lastLoadAt: 9,
	});
});
