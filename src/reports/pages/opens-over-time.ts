import { DateTime } from 'luxon';

import type { OpensPerHour } from '../../storage/port/counts';

/** The spans of time that the dashboard can show. */
export const RANGES = {
	'24h': { name: '24 hours', unit: 'hour', count: 24, format: 'HH:mm' },
	'7d': { name: '7 days', unit: 'day', count: 7, format: 'ccc d' },
	'30d': { name: '30 days', unit: 'day', count: 30, format: 'd LLL' },
	'90d': { name: '90 days', unit: 'day', count: 90, format: 'd LLL' },
} as const;
export type Range = keyof typeof RANGES;

/** The range if it is one of {@link RANGES}, else 30 days. */
export function knownRange(text: string | undefined): Range {
	return text !== undefined && Object.hasOwn(RANGES, text) ? (text as Range) : '30d';
}

export interface Bucket {
	label: string;
	opens: number;
	uniqueOpens: number;
	machineOpens: number;
}

/** From when to when the counters of a range are needed; ends with the running hour. */
export function rangeLimits(range: Range, zone: string, now: Date): { from: Date; to: Date } {
	const starts = bucketStarts(range, zone, now);
	const to = DateTime.fromJSDate(now).startOf('hour').plus({ hours: 1 });
	return { from: starts[0].startOf('hour').toJSDate(), to: to.toJSDate() };
}

/** Adds up hourly counters to the hours or days of the reader's zone. */
export function bucketOpens(
	rows: readonly OpensPerHour[],
	range: Range,
	zone: string,
	now: Date,
): Bucket[] {
	const { format, unit } = RANGES[range];
	const buckets = new Map<number, Bucket>();
	for (const start of bucketStarts(range, zone, now)) {
		const label = start.setLocale('en-GB').toFormat(format);
		buckets.set(start.toMillis(), { label, opens: 0, uniqueOpens: 0, machineOpens: 0 });
	}
	for (const row of rows) {
		const bucket = buckets.get(DateTime.fromISO(row.hour, { zone }).startOf(unit).toMillis());
		if (!bucket) continue;
		bucket.opens += row.opens;
		bucket.uniqueOpens += row.uniqueOpens;
		bucket.machineOpens += row.machineOpens;
	}
	return [...buckets.values()];
}

function bucketStarts(range: Range, zone: string, now: Date): DateTime[] {
	const { unit, count } = RANGES[range];
	const last = DateTime.fromJSDate(now, { zone }).startOf(unit);
	return Array.from({ length: count }, (_, index) =>
		last.minus({ [unit]: count - 1 - index }).startOf(unit),
	);
}
