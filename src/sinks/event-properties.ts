import { EVENT_LEAVES, type EventField } from '../tracking/event/event-fields';
import { isCounted, valueOf, type OpenEvent } from '../tracking/event/open-event';
import type { SinkRecord } from './sink';

/** The fields that `eventProperties` sends; of a click also where the link led. */
export const PROPERTY_FIELDS = [
	'eventId',
	'pixelId',
	'campaignId',
	'messageId',
	'trackingMode',
	'purpose',
	'actor',
	'actorReason',
	'client.family',
	'client.os',
	'client.device',
	'link.url',
	'link.position',
	'link.label',
] as const satisfies readonly EventField[];

const PROPERTY_LEAVES = EVENT_LEAVES.filter(({ path }) =>
	PROPERTY_FIELDS.some((field) => field === path),
);

export type EventProperties = Record<string, string | number | boolean>;

/**
 * An event as the flat properties that product analytics tools want: snake_case names, unknown
 * values left out. `counted` says whether it counts as an open or as a click. Nothing of the request.
 */
export function eventProperties(event: OpenEvent): EventProperties {
	const properties: EventProperties = {};
	for (const leaf of PROPERTY_LEAVES) {
		const value = valueOf(event, leaf) as string | number | null;
		if (value !== null) properties[leaf.column] = value;
	}
	return { ...properties, counted: isCounted(event.actor) };
}

/** The two settings of a destination that names its events: what an open and what a click is called. */
export function eventNames(names: {
	displayName: string;
	/** Who calls them that */
	vendor: string;
	open: string;
	click: string;
	/** What else a person has to know, as the end of a sentence */
	hint?: string;
}) {
	const { displayName, vendor, open, click, hint } = names;
	const end = hint === undefined ? '' : `; ${hint}`;
	return [
		{
			name: 'eventName',
			displayName,
			description: `What an open is called in ${vendor}${end}`,
			type: 'string',
			default: open,
			required: true,
		},
		{
			name: 'clickEventName',
			displayName: `${displayName} of a Click`,
			description: `What a click is called in ${vendor}${end}`,
			type: 'string',
			default: click,
			required: true,
		},
	] as const;
}

/** What an event is called, by the settings of `eventNames`. */
export function nameOfEvent(
	{ event }: OpenEvent,
	options: { eventName: string; clickEventName: string },
): string {
	return event === 'click' ? options.clickEventName : options.eventName;
}

/** An event as one table row: every field of the event, snake_case columns, unknown is `null`. */
export function warehouseRow(event: OpenEvent): SinkRecord {
	const row: SinkRecord = {};
	for (const leaf of EVENT_LEAVES) row[leaf.column] = valueOf(event, leaf);
	return row;
}
