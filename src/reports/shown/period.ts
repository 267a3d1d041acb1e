import { DateTime } from 'luxon';

import type { OpensPerHour } from '../../storage/port/counts';

type Unit = 'hour' | 'day' | 'week' | 'month';

/** The spans of time that a page offers; the last one has no beginning. */
export const RANGES = {
	'24h': { name: '24 hours', unit: 'hour', count: 24 },
	'7d': { name: '7 days', unit: 'day', count: 7 },
	'30d': { name: '30 days', unit: 'day', count: 30 },
	'90d': { name: '90 days', unit: 'day', count: 90 },
	all: { name: 'All time', unit: 'month', count: 0 },
} as const;
export type Range = keyof typeof RANGES;

/** The span of time that a page is about, in the zone of its reader. */
export interface Period {
	/** Its name among {@link RANGES}; `null` where the reader gave two days */
	range: Range | null;
	/** In words, to stand behind a number: "in the last 30 days" */
	words: string;
	from: Date;
	/** The first moment after it */
	to: Date;
	zone: string;
	/** Its first and last day, YYYY-MM-DD; empty where it has no beginning */
	days: { first: string; last: string };
}

const DAY_FORMAT = 'yyyy-MM-dd';
const SHOWN_DAY = 'd LLL yyyy';
/** Up to how many days of a period a bar stands for an hour, a day, or a week; above, for a month. */
const MOST_DAYS: ReadonlyArray<readonly [Unit, number]> = [
	['hour', 2],
	['day', 93],
	['week', 740],
];

/** What the address of a page says of its period; anything that is none falls back to 30 days. */
export interface AskedPeriod {
	range?: string;
	/** Days, YYYY-MM-DD, in either order; one alone is one day */
	from?: string;
	to?: string;
}

/** The period that was asked for. */
export function periodOf(asked: AskedPeriod, zone: string, now: Date): Period {
	const days = [asked.from, asked.to].flatMap((text) => dayOf(text, zone) ?? []);
	if (days.length > 0) return ownPeriod(days, zone);
	const range = asked.range !== undefined && Object.hasOwn(RANGES, asked.range);
	return presetPeriod(range ? (asked.range as Range) : '30d', zone, now);
}

function dayOf(text: string | undefined, zone: string): DateTime | null {
	const day = DateTime.fromFormat(text ?? '', DAY_FORMAT, { zone, locale: 'en-GB' });
	return day.isValid ? day : null;
}

function ownPeriod(days: DateTime[], zone: string): Period {
	const [first, last = first] = days.sort((a, b) => a.toMillis() - b.toMillis());
	const one = first.toFormat(SHOWN_DAY);
	const other = last.toFormat(SHOWN_DAY);
	return {
		range: null,
		words: one === other ? `on ${one}` : `from ${one} to ${other}`,
		from: first.toJSDate(),
		to: last.plus({ days: 1 }).startOf('day').toJSDate(),
		zone,
		days: { first: first.toFormat(DAY_FORMAT), last: last.toFormat(DAY_FORMAT) },
	};
}

function presetPeriod(range: Range, zone: string, now: Date): Period {
	const { name, unit, count } = RANGES[range];
	const end = DateTime.fromJSDate(now, { zone });
	// The counters know whole hours of UTC; the running one belongs to it.
	const to = DateTime.fromJSDate(now).startOf('hour').plus({ hours: 1 }).toJSDate();
	if (range === 'all') {
		return {
			range,
			words: 'of all time',
			from: new Date(0),
			to,
			zone,
			days: { first: '', last: '' },
		};
	}
	const first = end
		.startOf(unit)
		.minus({ [unit]: count - 1 })
		.startOf(unit);
	return {
		range,
		words: `in the last ${name}`,
		from: first.startOf('hour').toJSDate(),
		to,
		zone,
		days: { first: first.toFormat(DAY_FORMAT), last: end.toFormat(DAY_FORMAT) },
	};
}

/** What was loaded in one hour, day, week or month. */
export interface Bucket {
	label: string;
	opens: number;
	uniqueOpens: number;
	machineOpens: number;
}

/** Opens over time, cut into equal parts. */
export interface Buckets {
	unit: Unit;
	list: Bucket[];
}

/** Adds up hourly counters of the period, oldest first, to the hours, days, weeks or months of its zone. */
export function bucketOpens(rows: readonly OpensPerHour[], period: Period): Buckets {
	const { zone, to } = period;
	const earliest = rows.length > 0 ? rows[0].hour : new Date(to.getTime() - 1).toISOString();
	const from = period.range === 'all' ? new Date(earliest) : period.from;
	const days = (to.getTime() - from.getTime()) / 86_400_000;
	const unit = MOST_DAYS.find(([, most]) => days <= most)?.[0] ?? 'month';
	const format = labelFormat(unit, days);
	const starts: number[] = [];
	const list: Bucket[] = [];
	let start = DateTime.fromJSDate(from, { zone }).setLocale('en-GB').startOf(unit);
	for (; start.toMillis() < to.getTime(); start = start.plus({ [unit]: 1 }).startOf(unit)) {
		starts.push(start.toMillis());
		list.push({ label: start.toFormat(format), opens: 0, uniqueOpens: 0, machineOpens: 0 });
	}
	let at = 0;
	for (const row of rows) {
		const hour = Date.parse(row.hour);
		while (at + 1 < starts.length && starts[at + 1] <= hour) at += 1;
		list[at].opens += row.opens;
		list[at].uniqueOpens += row.uniqueOpens;
		list[at].machineOpens += row.machineOpens;
	}
	return { unit, list };
}

function labelFormat(unit: Unit, days: number): string {
	switch (unit) {
		case 'hour':
			return days > 1.1 ? 'd LLL, HH:mm' : 'HH:mm';
		case 'day':
			return days > 7.1 ? 'd LLL' : 'ccc d';
		case 'week':
			return 'd LLL yyyy';
		case 'month':
			return 'LLL yyyy';
	}
}

/** All of it together. */
export function sumOf(buckets: Buckets): Omit<Bucket, 'label'> {
	const sum = { opens: 0, uniqueOpens: 0, machineOpens: 0 };
	for (const { opens, uniqueOpens, machineOpens } of buckets.list) {
		sum.opens += opens;
		sum.uniqueOpens += uniqueOpens;
		sum.machineOpens += machineOpens;
	}
	return sum;
}
