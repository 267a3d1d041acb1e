import { DateTime } from 'luxon';

/** How many opens of somebody's own weigh as much as what is known of the whole list. */
const LIST_WEIGHS = 8;
const HOURS = 24;

/** The hour of the day at which somebody most likely opens an email. */
export interface BestHour {
	/** 0 to 23 */
	hour: number;
	/** How much of the answer comes from the person's own opens, from 0 to 1; the rest is the list's */
	ownShare: number;
}

/**
 * Works out the best hour of one person. A few opens say little about a person, so their hours are
 * drawn towards those of the list: with no open the list's hour comes out, with many the person's
 * own. Neighboring hours support each other, since nobody reads to the minute.
 *
 * @param own counted opens of the person by hour of the day, 24 numbers; `null` for none
 * @param list the same of everybody
 * @example bestHour(null, hoursWith({ 9: 40, 20: 10 })).hour // 9
 */
export function bestHour(own: readonly number[] | null, list: readonly number[]): BestHour {
	const opens = (own ?? []).reduce((sum, count) => sum + count, 0);
	const all = list.reduce((sum, count) => sum + count, 0);
	const weights = Array.from({ length: HOURS }, (_, hour) => {
		const share = all === 0 ? 1 / HOURS : list[hour] / all;
		return (own?.[hour] ?? 0) + LIST_WEIGHS * share;
	});
	const at = (hour: number) => weights[(hour + HOURS) % HOURS];
	const smooth = weights.map((weight, hour) => 2 * weight + at(hour - 1) + at(hour + 1));
	// A hair's breadth is no difference: of two hours that are alike the earlier one is named.
	const most = Math.max(...smooth) - 1e-9;
	return {
		hour: smooth.findIndex((weight) => weight >= most),
		ownShare: opens / (opens + LIST_WEIGHS),
	};
}

/** When it is that hour next in a time zone: now, while it is. */
export function nextTimeAt(hour: number, now: Date, timeZone: string): Date {
	const local = DateTime.fromJSDate(now, { zone: timeZone });
	if (local.hour === hour) return now;
	const today = local.startOf('day').set({ hour });
	const next = today > local ? today : local.plus({ days: 1 }).startOf('day').set({ hour });
	return next.toJSDate();
}
