import fc from 'fast-check';

import { bucketOpens, periodOf, RANGES, sumOf } from '../../../../src/reports/shown/period';

const HOUR = 3_600_000;
const row = (hour: number) => ({
	hour: new Date(hour).toISOString(),
	opens: 1,
	uniqueOpens: 1,
	machineOpens: 2,
});

describe('the period of a page', () => {
	const NOW = new Date('2026-11-20T10:30:00Z');

	it('loses no hour between its limits and puts none twice, in any zone, across clock changes', () => {
		const anyTime = fc.date({
			min: new Date('2026-01-01'),
			max: new Date('2027-12-31'),
			noInvalidDate: true,
		});
		const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo');
		const ranges = fc.constantFrom('24h', '7d', '30d', '90d');
		fc.assert(
			fc.property(anyTime, zones, ranges, (now, zone, range) => {
				const period = periodOf({ range }, zone, now);
				const hours: number[] = [];
				for (let at = period.from.getTime(); at < period.to.getTime(); at += HOUR) hours.push(at);
				const buckets = bucketOpens(hours.map(row), period);
				expect(buckets.list).toHaveLength(RANGES[range as '24h'].count);
				expect(sumOf(buckets)).toEqual({
					opens: hours.length,
					uniqueOpens: hours.length,
					machineOpens: 2 * hours.length,
				});
				expect(hours.at(-1)!).toBeLessThanOrEqual(now.getTime());
				expect(hours.at(-1)! + HOUR).toBeGreaterThan(now.getTime());
			}),
			{ numRuns: 150 },
		);
	});

	it('stands at the day of the reader', () => {
		const late = [row(Date.parse('2026-11-19T23:00:00Z'))];
		const labelOf = (zone: string) =>
			bucketOpens(late, periodOf({ range: '7d' }, zone, NOW)).list.find(({ opens }) => opens > 0)
				?.label;
		expect(labelOf('UTC')).toBe('Thu 19');
		expect(labelOf('Europe/Berlin')).toBe('Fri 20');
	});

	it('is the days that the reader gave, both of them whole, in either order', () => {
		const period = periodOf({ from: '2026-11-03', to: '2026-11-01' }, 'Europe/Berlin', NOW);
		expect(period).toMatchObject({
			range: null,
			words: 'from 1 Nov 2026 to 3 Nov 2026',
			from: new Date('2026-10-31T23:00:00Z'),
			to: new Date('2026-11-03T23:00:00Z'),
			days: { first: '2026-11-01', last: '2026-11-03' },
		});
		const alone = periodOf({ from: '2026-11-03', to: '' }, 'UTC', NOW);
		expect(alone).toMatchObject({ words: 'on 3 Nov 2026', to: new Date('2026-11-04') });
	});

	it('begins with the first open where it is all time, in months where that is long ago', () => {
		const period = periodOf({ range: 'all' }, 'UTC', NOW);
		const rows = ['2023-02-10T08:00:00Z', '2026-11-20T09:00:00Z'].map((at) => row(Date.parse(at)));
		const { unit, list } = bucketOpens(rows, period);
		expect(unit).toBe('month');
		expect(list[0]).toEqual({ label: 'Feb 2023', opens: 1, uniqueOpens: 1, machineOpens: 2 });
		expect(list.at(-1)).toMatchObject({ label: 'Nov 2026', opens: 1 });
		expect(bucketOpens([], period).list).toHaveLength(1);
	});

	it.each([
		['2026-11-19', '2026-11-20', 'hour', 48],
		['2026-09-01', '2026-11-20', 'day', 81],
		['2025-11-24', '2026-11-20', 'week', 52],
	])('from %s to %s has a bar for each %s', (from, to, unit, count) => {
		const buckets = bucketOpens([], periodOf({ from, to }, 'UTC', NOW));
		expect([buckets.unit, buckets.list.length]).toEqual([unit, count]);
	});

	it.each([
		[{}],
		[{ range: '1y' }],
		[{ range: 'toString' }],
		[{ from: '20.11.2026' }],
		[{ from: '2026-13-01' }],
	])('is the last 30 days for %j', (asked) => {
		expect(periodOf(asked, 'UTC', NOW)).toMatchObject({
			range: '30d',
			words: 'in the last 30 days',
			days: { first: '2026-10-22', last: '2026-11-20' },
		});
	});
});
