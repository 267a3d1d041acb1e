import { bestHour, nextTimeAt } from '../../../../src/tracking/counters/best-hour';

const hoursWith = (counts: Record<number, number>) =>
	Array.from({ length: 24 }, (_, hour) => counts[hour] ?? 0);

describe('the best hour of a person', () => {
	const list = hoursWith({ 8: 100, 9: 300, 20: 200 });

	it('is that of the list without opens of their own', () => {
		expect(bestHour(null, list)).toEqual({ hour: 9, ownShare: 0 });
		expect(bestHour(hoursWith({}), list)).toEqual({ hour: 9, ownShare: 0 });
	});

	it('follows few opens less than many', () => {
		expect(bestHour(hoursWith({ 20: 1 }), list).hour).toBe(9);
		expect(bestHour(hoursWith({ 20: 12 }), list)).toEqual({ hour: 20, ownShare: 0.6 });
		expect(bestHour(hoursWith({ 3: 40 }), list).hour).toBe(3);
	});

	it('lets neighboring hours support each other, over midnight as well', () => {
		expect(bestHour(hoursWith({ 23: 9, 0: 9, 12: 12 }), hoursWith({})).hour).toBe(0);
	});

	it('is any hour where nothing is known, and always the same one', () => {
		expect(bestHour(null, hoursWith({}))).toEqual({ hour: 0, ownShare: 0 });
	});
});

describe('the next time that it is some hour', () => {
	const now = new Date('2026-03-28T10:20:00Z');

	it('is now while it is', () => {
		expect(nextTimeAt(11, now, 'Europe/Berlin')).toBe(now);
	});

	it('is later today or tomorrow, also where the clock changes in between', () => {
		expect(nextTimeAt(15, now, 'Europe/Berlin').toISOString()).toBe('2026-03-28T14:00:00.000Z');
		expect(nextTimeAt(9, now, 'Europe/Berlin').toISOString()).toBe('2026-03-29T07:00:00.000Z');
	});
});
