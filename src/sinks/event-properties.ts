import { EVENT_LEAVES, type EventField } from '../tracking/event/event-fields';
import { isCounted, valueOf, type OpenEvent } from '../tracking/event/open-event';
import type { SinkRecord } from './sink';

/** The fields that `openProperties` sends. */
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
] as const satisfies readonly EventField[];

const PROPERTY_LEAVES = EVENT_LEAVES.filter(({ path }) =>
	PROPERTY_FIELDS.some((field) => field === path),
);

/**
 * An open as the flat properties that product analytics tools want: snake_case names, unknown
 * values left out. `counted` says whether the load counts as an open. Nothing of the request.
 */
export function openProperties(event: OpenEvent): Record<string, string | boolean> {
	const properties: Record<string, string | boolean> = {};
	for (const leaf of PROPERTY_LEAVES) {
		const value = valueOf(event, leaf) as string | null;
		if (value !== null) properties[leaf.column] = value;
	}
	return { ...properties, counted: isCounted(event.actor) };
}

/** An open as one table row: every field of the event, snake_case columns, unknown is `null`. */
export function warehouseRow(event: OpenEvent): SinkRecord {
	const row: SinkRecord = {};
	for (const leaf of EVENT_LEAVES) row[leaf.column] = valueOf(event, leaf);
	return row;
}
