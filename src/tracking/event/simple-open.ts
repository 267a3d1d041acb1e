import { EVENT_LEAVES } from './event-fields';
import { valueOf, type OpenEvent } from './open-event';

const MOST_FIELDS = 10;

/** What a person asks of an open first: the first columns of a CSV export. */
export const SIMPLE_LEAVES = EVENT_LEAVES.filter(({ csv }) => csv !== null)
	.sort((a, b) => Number(a.csv) - Number(b.csv))
	.slice(0, MOST_FIELDS);

/** An open with ten fields, and without objects in it. */
export function simpleOpen(open: OpenEvent): Record<string, unknown> {
	return Object.fromEntries(SIMPLE_LEAVES.map((leaf) => [leaf.csvName, valueOf(open, leaf)]));
}
