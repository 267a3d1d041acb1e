import { EVENT_LEAVES } from './event-fields';
import { valueOf, type OpenEvent } from './open-event';

const MOST_FIELDS = 10;

/** What a person asks of an open first: the first columns of a CSV export. */
export const SIMPLE_LEAVES = EVENT_LEAVES.filter(({ csv }) => csv !== null)
	.sort((a, b) => Number(a.csv) - Number(b.csv))
	.slice(0, MOST_FIELDS);

/** The same of a click. */
const OF_CLICK = [
	'event',
	'occurredAt',
	'recipientId',
	'pixelId',
	'campaignId',
	'actor',
	'actorReason',
	'link.url',
	'link.position',
	'link.label',
];
const CLICK_LEAVES = EVENT_LEAVES.filter(({ path }) => OF_CLICK.includes(path));

/** An open or a click with ten fields, and without objects in it. */
export function simpleOpen(open: OpenEvent): Record<string, unknown> {
	const leaves = open.event === 'click' ? CLICK_LEAVES : SIMPLE_LEAVES;
	return Object.fromEntries(leaves.map((leaf) => [leaf.csvName, valueOf(open, leaf)]));
}
