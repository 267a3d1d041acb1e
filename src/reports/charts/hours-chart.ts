import { IANAZone } from 'luxon';

import type { OpensPerHour } from '../../storage/port/counts';
import { opensChart } from './opens-chart';
import type { ShownChart } from './opens-over-time';
import { shownCount } from '../shown/shown-open';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BEST = 3;
/** 1 January 1970 was a Thursday. */
const WEEKDAYS = ['Thursday', 'Friday', 'Saturday', 'Sunday', 'Monday', 'Tuesday', 'Wednesday'];

/** Counted opens by hour of the day, with the hours of most opens in words. */
export function hoursChart(hours: readonly number[], remark = ''): ShownChart {
	const bars = hours.map((opens, hour) => ({ label: `${hour}:00`, opens, machineOpens: 0 }));
	const all = hours.reduce((sum, opens) => sum + opens, 0);
	const best = bars
		.toSorted((a, b) => b.opens - a.opens)
		.slice(0, BEST)
		.filter(({ opens }) => opens > 0)
		.map(({ label, opens }) => `${label} (${shownCount(opens)})`);
	return {
		onlyOpens: true,
		wide: opensChart(bars, { width: 1040, height: 220 }),
		narrow: opensChart(bars, { width: 350, height: 200 }),
		summary:
			all === 0 ? 'No opens.' : `Most of ${shownCount(all)} opens: ${best.join(', ')}.${remark}`,
		table: {
			caption: 'Opens by hour of the day',
			columns: [
				{ name: 'Hour', kind: 'name' },
				{ name: 'Opens', kind: 'num' },
			],
			rows: bars.map(({ label, opens }) => [{ text: label }, { text: shownCount(opens) }]),
			empty: '',
		},
	};
}

/** When in the day and in the week emails are opened, in a zone. */
export function bestHours(rows: readonly OpensPerHour[], timeZone: string): ShownChart {
	const hours = Array.from({ length: 24 }, () => 0);
	const days = WEEKDAYS.map(() => 0);
	const offsetAt = offsets(timeZone);
	for (const { hour, opens } of rows) {
		const at = Date.parse(hour);
		const local = at + offsetAt(at);
		hours[Math.floor(local / HOUR_MS) % 24] += opens;
		days[Math.floor(local / DAY_MS) % 7] += opens;
	}
	const most = Math.max(...days);
	const day = most > 0 ? ` Most on ${WEEKDAYS[days.indexOf(most)]} (${shownCount(most)}).` : '';
	return hoursChart(hours, day);
}

/** How far a zone is from UTC, in milliseconds; asked for once a day where it does not change. */
function offsets(timeZone: string): (at: number) => number {
	const zone = new IANAZone(timeZone);
	const known = new Map<number, number | null>();
	const ask = (at: number) => zone.offset(at) * 60_000;
	return (at) => {
		const day = Math.floor(at / DAY_MS) * DAY_MS;
		let offset = known.get(day);
		if (offset === undefined) {
			offset = ask(day) === ask(day + DAY_MS) ? ask(day) : null;
			known.set(day, offset);
		}
		return offset ?? ask(at);
	};
}
