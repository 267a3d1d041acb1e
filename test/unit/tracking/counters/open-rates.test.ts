import fc from 'fast-check';

import {
	openRates,
	rateDifference,
	ratesInWords,
	wilsonInterval,
} from '../../../../src/tracking/counters/open-rates';

describe('the Wilson interval', () => {
	// R. G. Newcombe, Two-sided confidence intervals for the single proportion: comparison of seven
	// methods. Statistics in Medicine 17 (1998), table I, method 3 (score).
	it.each([
		[81, 263, 0.2553, 0.3662],
		[15, 148, 0.0624, 0.1605],
		[0, 20, 0, 0.1611],
		[1, 29, 0.0061, 0.1718],
	])('of %d in %d is what Newcombe published', (successes, total, low, high) => {
		const interval = wilsonInterval(successes, total);
		expect(interval?.low).toBeCloseTo(low, 4);
		expect(interval?.high).toBeCloseTo(high, 4);
	});

	it('is none where nobody was counted, and ends at 0 and 1', () => {
		expect(wilsonInterval(0, 0)).toBeNull();
		expect(wilsonInterval(0, 7)?.low).toBe(0);
		expect(wilsonInterval(7, 7)?.high).toBe(1);
	});
});

describe('the difference of two rates', () => {
	// R. G. Newcombe, Interval estimation for the difference between independent proportions:
	// comparison of eleven methods. Statistics in Medicine 17 (1998), table II, method 10.
	it.each([
		[[56, 70], [48, 80], 0.0524, 0.3339],
		[[9, 10], [3, 10], 0.1705, 0.809],
	] as const)('of %j and %j has the interval that Newcombe published', (one, other, low, high) => {
		const interval = rateDifference(one, other);
		expect(interval?.low).toBeCloseTo(low, 4);
		expect(interval?.high).toBeCloseTo(high, 4);
	});

	it('is none where one of them has nobody', () => {
		expect(rateDifference([0, 0], [1, 2])).toBeNull();
	});
});

describe('the three open rates', () => {
	const counts = fc
		.tuple(fc.nat(3000), fc.nat(3000), fc.nat(3000))
		.map(([confirmed, hidden, silent]) => ({
			sentRecipients: confirmed + hidden + silent,
			confirmed,
			hidden,
		}));

	it('are in order, and the interval is about the likely one', () => {
		fc.assert(
			fc.property(counts, (given) => {
				const { confirmed, likely, possible, hidden } = openRates(given);
				if (given.sentRecipients === 0) {
					expect([confirmed.rate, likely.rate, possible.rate, hidden.share]).toEqual([
						null,
						null,
						null,
						null,
					]);
					return;
				}
				const rate = likely.rate ?? confirmed.rate ?? NaN;
				expect(confirmed.rate).toBeLessThanOrEqual(rate);
				expect(rate).toBeLessThanOrEqual((possible.rate ?? NaN) + 1e-12);
				if (likely.rate === null) return;
				expect(likely.low).toBeLessThanOrEqual(likely.rate);
				expect(likely.high).toBeGreaterThanOrEqual(likely.rate);
			}),
		);
	});

	it.each([
		[1000, 238, 420, '41 % of the 580 readers who can be seen; 420 use an address that hides it'],
		[2400, 0, 0, '0 % of the 2,400 readers who can be seen'],
		[2, 1, 1, '100 % of the 1 reader who can be seen; 1 uses an address that hides it'],
		[3, 0, 3, 'No reader can be seen; 3 use an address that hides it'],
		[0, 0, 0, 'No message is registered as sent, so there is no rate'],
	])('of %d, %d and %d are said in words', (sentRecipients, confirmed, hidden, words) => {
		expect(ratesInWords(openRates({ sentRecipients, confirmed, hidden }))).toBe(words);
	});
});
