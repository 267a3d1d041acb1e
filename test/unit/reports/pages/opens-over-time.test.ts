import fc from 'fast-check';

import {
	bucketOpens,
	knownRange,
	rangeLimits,
	RANGES,
	type Range,
} from '../../../../src/reports/pages/opens-over-time';

const HOUR = 3_600_000;
const ranges = Object.keys(RANGES) as Range[];
const row = (hour: number) => ({
	hour: new Date(hour).toISOString(),
	opens: 1,
	uniqueOpens: 1,
	machineOpens: 2,
});

describe('opens over time', () => {
	it('lose no hour between the limits and put none twice, in any zone, across clock changes', () => {
		const anyTime = fc.date({
			min: new Date('2026-01-01'),
			max: new Date('2027-12-31'),
			noInvalidDate: true,
		});
		const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo');
		fc.assert(
			fc.property(anyTime, zones, fc.constantFrom(...ranges), (now, zone, range) => {
				const { from, to } = rangeLimits(range, zone, now);
				const hours: number[] = [];
				for (let at = from.getTime(); at < to.getTime(); at += HOUR) hours.push(at);
				const buckets = bucketOpens(hours.map(row), range, zone, now);
				expect(buckets).toHaveLength(RANGES[range].count);
				const sum = buckets.reduce((total, bucket) => total + bucket.opens, 0);
				expect(sum).toBe(hours.length);
				expect(hours.at(-1)!).toBeLessThanOrEqual(now.getTime());
				expect(hours.at(-1)! + HOUR).toBeGreaterThan(now.getTime());
			}),
			{ numRuns: 150 },
		);
	});

	it('stand at the day of the reader', () => {
		const now = new Date('2026-11-20T10:30:00Z');
		const late = [row(Date.parse('2026-11-19T23:00:00Z'))];
		const labelOf = (zone: string) =>
			bucketOpens(late, '7d', zone, now).find(({ opens }) => opens > 0)?.label;
		expect(labelOf('UTC')).toBe('Thu 19');
		expect(labelOf('Europe/Berlin')).toBe('Fri 20');
	});

	it.each([[undefined], ['1y'], ['toString'], ['']])('fall back to 30 days for %j', (text) => {
		expect(knownRange(text)).toBe('30d');
	});
});
