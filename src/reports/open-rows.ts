import { EVENT_LEAVES } from '../tracking/event/event-fields';
import { valueOf, type OpenEvent } from '../tracking/event/open-event';

const EXPORTED_LEAVES = EVENT_LEAVES.filter(({ csv }) => csv !== null).sort(
	(a, b) => Number(a.csv) - Number(b.csv),
);

/** The columns of an export of opens, in the order that the table of event fields gives them. */
export const OPEN_COLUMNS = EXPORTED_LEAVES.map(({ csvName }) => csvName);

/** One open as the values of {@link OPEN_COLUMNS}. */
export function exportRow(open: OpenEvent): Array<string | number | null> {
	return EXPORTED_LEAVES.map((leaf) => {
		const value = valueOf(open, leaf);
		return typeof value === 'boolean' ? String(value) : (value as string | number | null);
	});
}
