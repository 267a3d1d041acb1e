import { clickRates } from '../../tracking/counters/click-rates';
import { openRates } from '../../tracking/counters/open-rates';
import {
	loadsOf,
	machineOpensOf,
	OPEN_TIMES,
	opensOf,
	shownCounters,
	shownSums,
} from '../../tracking/counters/tally';
import type { GroupTally, LoadTally, OpenTimes } from '../../tracking/counters/tally';
import type { OpenCounts, ShownTimes } from '../port/recipient';
import type { GroupCounts } from '../port/counts';

/** ISO 8601 in UTC of a stored time. */
export function isoOf(at: number): string {
	return new Date(at).toISOString();
}

/** The same, where there may be none. */
export function isoOrNull(at: number | null): string | null {
	return at === null ? null : isoOf(at);
}

/** A tally as the port shows it. */
export function toOpenCounts(tally: LoadTally): OpenCounts {
	const times = Object.keys(OPEN_TIMES) as Array<keyof OpenTimes>;
	return {
		opens: opensOf(tally),
		machineOpens: machineOpensOf(tally),
		loads: loadsOf(tally),
		...shownCounters(tally),
		...(Object.fromEntries(times.map((name) => [name, isoOrNull(tally[name])])) as ShownTimes),
	};
}

/** A sum of tallies as the port shows it. */
export function toGroupCounts(tally: GroupTally): GroupCounts {
	const { sentRecipients, openedOfSent, hiddenOfSent, uniqueRecipients } = tally;
	return {
		...toOpenCounts(tally),
		...shownSums(tally),
		rates: openRates({ sentRecipients, confirmed: openedOfSent, hidden: hiddenOfSent }),
		clickRates: clickRates({ ...tally, opened: uniqueRecipients }),
	};
}
