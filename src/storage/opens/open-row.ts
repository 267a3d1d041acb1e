import { EVENT_LEAVES, type Stored } from '../../tracking/event/event-fields';
import { buildEvent, openEventSchema, valueOf } from '../../tracking/event/open-event';
import type { OpenEvent } from '../../tracking/event/open-event';
import { storable, storableId, storablePerson } from '../database/checked-input';
import type { OpenRow } from '../database/store-schema';
import { StoreError } from '../port/store-error';

const STORED_LEAVES = EVENT_LEAVES.map((leaf) => ({
	...leaf,
	/** As an error names the field: "recipient id" */
	words: leaf.column.replaceAll('_', ' '),
}));

type Columns = Record<string, string | number | null>;
/** A copy of a row that has every column is faster than adding them one by one. */
const EMPTY_ROW: Columns = Object.fromEntries(STORED_LEAVES.map(({ column }) => [column, null]));

/** The row that keeps an event. Throws a {@link StoreError} when it is not an event. */
export function toOpenRow(event: OpenEvent): OpenRow {
	const checked = openEventSchema.safeParse(event);
	if (!checked.success) {
		const fields = [...new Set(checked.error.issues.map((issue) => issue.path.join('.')))];
		throw new StoreError(
			'invalid',
			`The open was not recorded: it is no valid open event (${fields.join(', ')}). Pass on what the Email Open Trigger gave out.`,
		);
	}
	const row = { ...EMPTY_ROW };
	for (const leaf of STORED_LEAVES) {
		row[leaf.column] = toColumn(valueOf(checked.data, leaf), leaf.stored, leaf.words);
	}
	return { ...(row as unknown as OpenRow), recipient_id: storablePerson(checked.data.recipientId) };
}

/** The event that a row keeps. */
export function toOpenEvent(row: OpenRow): OpenEvent {
	const columns: Columns = row;
	return buildEvent(({ column, stored }) => fromColumn(columns[column], stored));
}

function toColumn(value: unknown, stored: Stored, words: string): string | number | null {
	if (value === null) return null;
	switch (stored) {
		case 'id':
			return storableId(value as string, words);
		case 'time':
			return Date.parse(value as string);
		case 'number':
			return value as number;
		case 'flag':
			return Number(value);
		case 'json':
			return JSON.stringify(value);
		default:
			return storable(value as string);
	}
}

function fromColumn(value: string | number | null, stored: Stored): unknown {
	if (value === null) return null;
	switch (stored) {
		case 'time':
			return new Date(value).toISOString();
		case 'flag':
			return value === 1;
		case 'json':
			return JSON.parse(value as string);
		default:
			return value;
	}
}
