import { retryAfterMs } from '../../../src/async/retry-after';

const now = Date.parse('2026-11-21T10:00:00Z');

describe('Retry-After', () => {
	it.each([
		['0', 0],
		['120', 120_000],
		[' 3 ', 3000],
		['Sat, 21 Nov 2026 10:00:05 GMT', 5000],
		['Saturday, 21-Nov-26 10:00:05 GMT', 5000],
		['Sat, 21 Nov 2026 09:00:00 GMT', 0],
		[null, null],
		['', null],
		['soon', null],
		['-5', null],
		['1.5', 1500],
		[undefined, null],
		['2026-11-21', null],
	])('%j is %j ms', (header, expected) => {
		expect(retryAfterMs(header, now)).toBe(expected);
	});
});
