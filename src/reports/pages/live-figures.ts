import { DateTime } from 'luxon';

import type { TrackingStore } from '../../storage/port/tracking-store';
import { render } from '../render';
import type { Frame } from '../shown/frame';
import { shownTime } from '../shown/local-time';
import { isClick, namesIn, placeCell, recipientCell } from '../shown/open-table';
import { linkName } from '../shown/shown-clicks';
import { shownActor, shownCount } from '../shown/shown-open';

/** Seconds after which the figures load themselves again. */
export const LIVE_SECONDS = 30;
const LATEST = 4;

/**
 * The figures of this hour and the one before, as a page for a frame of the dashboard. It alone
 * loads itself again, by the header `Refresh`, and nothing in it takes the keyboard, so that whoever
 * reads the dashboard stays where they are.
 */
export async function liveFigures(store: TrackingStore, frame: Frame): Promise<string> {
	const { now, timeZone } = frame;
	const hour = DateTime.fromJSDate(now, { zone: 'UTC' }).startOf('hour');
	const from = hour.minus({ hours: 1 });
	const [hours, { opens }] = await Promise.all([
		store.listOpensPerHour({ from: from.toJSDate(), to: hour.plus({ hours: 1 }).toJSDate() }),
		store.listOpens({ limit: LATEST, event: 'any' }),
	]);
	const names = await namesIn(store, opens);
	const sum = (name: 'opens' | 'uniqueOpens' | 'machineOpens') =>
		shownCount(hours.reduce((total, row) => total + row[name], 0));
	const since = `since ${from.setZone(timeZone).toFormat('HH:mm')}`;
	return render('templates/live', {
		title: `Opens ${since}`,
		skip: false,
		updated: shownTime(now.toISOString(), timeZone, now),
		facts: [
			{ label: 'Opens', value: sum('opens'), note: since },
			{ label: 'First opens', value: sum('uniqueOpens'), note: since },
			{ label: 'Machine loads', value: sum('machineOpens'), note: since },
		],
		latest: opens.map((open) =>
			[
				shownTime(open.occurredAt, timeZone, now)?.ago,
				recipientCell(open, names, frame).text,
				placeCell(open, names, frame).text,
				...(isClick(open) ? [`click on ${linkName(open.link)}`] : []),
				shownActor(open).name,
			].join(' · '),
		),
	});
}
