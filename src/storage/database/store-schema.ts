import type { Generated, Selectable } from 'kysely';
import type { z } from 'zod4';

import type { GROUP_COUNTERS, OPEN_TIMES, RECIPIENT_COUNTERS } from '../../tracking/counters/tally';
import type { ColumnOf, EventField, FieldLine, LineOf } from '../../tracking/event/event-fields';
import type { ConsentSchema } from './consent-schema';

/*
 * The tables of the store as the migrations leave them. Times are integer milliseconds since
 * 1970, flags are 0 or 1, ids are text.
 */

/** What a column holds, by how its field is stored. */
interface ColumnTypes {
	id: string;
	text: string;
	time: number;
	number: number;
	flag: number;
	json: string;
}

type ColumnOfLine<Line> =
	Line extends FieldLine<infer Schema, infer Kept>
		? Kept extends keyof ColumnTypes
			? ColumnTypes[Kept] | Extract<z.output<Schema>, null>
			: never
		: never;

/**
 * One row per recorded open or click: a column per line of `EVENT_TABLE`. `campaign_id`
 * is the campaign the open is counted in: that of its pixel, else the event's own.
 */
export type OpensTable = {
	[Path in EventField as ColumnOf<Path>]: ColumnOfLine<LineOf<Path>>;
};
export type OpenRow = Selectable<OpensTable>;

/** The same as it is stored: with its place in the order of storing, see `storing-order.ts`. */
export type StoredOpensTable = OpensTable & {
	stored_seq: Generated<number>;
	/** The number it had when it came in; null where it has that still */
	first_stored_seq: Generated<number | null>;
};

/** Who hands opens over in batches, and how far it is; see `reader-turns.ts`. */
export interface BatchReadersTable {
	id: string;
	/** The number of the last open that was handed over, as it had it when it came in */
	position: number;
	/** Whose turn it is, and until when */
	holder: string;
	held_until: number;
}

/** The last number of that order; PostgreSQL has a sequence for it. One row. */
export interface OpenNumbersTable {
	last: number;
}

/** Every label an open had, in order of `revision`. */
export interface LabelHistoryTable {
	event_id: string;
	revision: number;
	from_actor: string;
	from_reason: string | null;
	from_rules_version: string | null;
	to_actor: string;
	to_reason: string | null;
	to_rules_version: string | null;
	changed_at: number;
}

/** Ids of events and messages that left counters only, kept for a while to count them once. */
export interface SeenEventsTable {
	event_id: string;
	seen_at: number;
}

/** Mode `hygiene`: the day of a recipient's last open, overwritten. */
export interface LastOpenDaysTable {
	recipient_id: string;
	/** YYYY-MM-DD in UTC */
	day: string;
}

export interface PixelsTable {
	id: string;
	name: string;
	created_at: number;
	campaign_id: string | null;
	/** The most a link of this pixel may ask for; null sets no limit */
	tracking_mode: string | null;
	sample: number;
	image_type: string | null;
}

export interface PixelImagesTable {
	pixel_id: string;
	bytes: Uint8Array;
}

export interface RecipientsTable {
	/** UUIDv7, so that the order of ids is the order of adding */
	id: string;
	pixel_id: string;
	recipient_id: string;
	/** As it was given */
	email: string | null;
	/** Its normal form (`normalId`), by which one person is found under many pixels */
	address: string | null;
	token: string | null;
	created_at: number;
}

/** The messages counted as sent, so that each is counted once. */
export interface SentMessagesTable {
	parent: string;
	recipient_id: string;
	message_id: string;
}

/** The labels that recipients carry, under every name that they were given under. */
export interface RecipientSegmentsTable {
	recipient_id: string;
	segment: string;
}

/** Pixels and recipients that were deleted, whose later loads must leave nothing. */
export interface TombstonesTable {
	/** `p:` and a pixel id, or `r:` and a hash of pixel and key on the list of erased people */
	id: string;
	deleted_at: number;
	/** Whether rows of it are still to be removed */
	pending: number;
}

type ColumnsOf<Lines extends Record<string, { column: string }>, Value> = {
	[Name in keyof Lines as Lines[Name]['column']]: Value;
};

/** A column per line of the tables of counters and times. */
type LoadColumns = ColumnsOf<typeof RECIPIENT_COUNTERS, number> &
	ColumnsOf<typeof OPEN_TIMES, number | null>;
type SumColumns = LoadColumns & ColumnsOf<typeof GROUP_COUNTERS, number>;

/** One row per recipient, and per pixel for the loads that name none. */
export interface RecipientTalliesTable extends LoadColumns {
	/** `p:` and the pixel, `c:` and the campaign of loads without a pixel, or empty */
	parent: string;
	/** Empty for the loads of a pixel that name no recipient */
	recipient_id: string;
	campaign_id: string | null;
	registered: number;
}

export type RecipientTallyRow = Selectable<RecipientTalliesTable>;

/** The newest `last_open_at` of each recipient's counters, in whatever pixel or campaign. */
export interface LastOpensTable {
	recipient_id: string;
	at: number;
}

export type Scope = 'total' | 'campaign' | 'pixel';

/** One row per pixel, per campaign, and a few for everything (`TOTAL_PARTS`). */
export interface TalliesTable extends SumColumns {
	scope: Scope;
	/** For the total, one of its parts */
	scope_id: string;
	/** Of a pixel */
	campaign_id: string | null;
	anonymous_first_open_at: number | null;
}

/** Opens per hour (UTC) of a pixel, a campaign and everything. */
export interface HourlyTable {
	scope: Scope;
	scope_id: string;
	/** Start of the hour */
	hour: number;
	opens: number;
	unique_opens: number;
	machine_opens: number;
}

/** Clicks per link of a pixel and of a campaign. */
export interface LinkClicksTable {
	scope: 'pixel' | 'campaign';
	scope_id: string;
	/** Its place in the email; 0 where it is not known */
	position: number;
	/** Empty where it has none */
	label: string;
	/** The site that it leads to, without path and query; empty where it is not known */
	site: string;
	clicks: number;
	machine_clicks: number;
}

/**
 * What the burst rules remember, for minutes: see `burst-rules.ts`. A `label` is that of an open which
 * a burst named before it was recorded.
 */
export interface BurstWindowsTable {
	/** A keyed hash; of a label the id of the event */
	name: string;
	kind: 'recipient' | 'address' | 'label';
	/** JSON, a `BurstWindow`; of a label a `BurstLabel` */
	window: string;
	/** When a load was last added */
	touched_at: number;
}

export interface StoreSchema extends ConsentSchema {
	opens: StoredOpensTable;
	open_numbers: OpenNumbersTable;
	batch_readers: BatchReadersTable;
	label_history: LabelHistoryTable;
	seen_events: SeenEventsTable;
	last_open_days: LastOpenDaysTable;
	pixels: PixelsTable;
	pixel_images: PixelImagesTable;
	recipients: RecipientsTable;
	recipient_segments: RecipientSegmentsTable;
	sent_messages: SentMessagesTable;
	tombstones: TombstonesTable;
	recipient_tallies: RecipientTalliesTable;
	last_opens: LastOpensTable;
	tallies: TalliesTable;
	hourly: HourlyTable;
	link_clicks: LinkClicksTable;
	burst_windows: BurstWindowsTable;
}
