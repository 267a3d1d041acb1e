import { z } from 'zod4';

import { PURPOSES } from './purpose';
import { TRACKING_MODES } from './tracking-mode';

/** What happened: an image was loaded, or a tracked link was followed. */
export const EVENT_KINDS = ['open', 'click'] as const;

/** Who loaded the image. `human`, `human-via-proxy` and `unknown` count as opens. */
export const ACTORS = [
	'human',
	'human-via-proxy',
	'prefetch',
	'scanner',
	'bot',
	'unknown',
] as const;

/** Consent status terms of ISO/IEC TS 27560:2023 as W3C DPV names them, in lower case. */
export const CONSENT_STATUSES = [
	'unknown',
	'requested',
	'given',
	'refused',
	'withdrawn',
	'expired',
	'renewed',
] as const;

/** Why an event carries no recipient id. */
export const RECIPIENT_REASONS = [
	'missing',
	'too-long',
	'control-characters',
	'invalid-token',
	'mode',
] as const;

/** Fields that the tracking modes keep or drop together; `MODE_STORES` says which mode keeps what. */
export type FieldGroup =
	/** Says nothing about a person; every mode keeps it */
	| 'envelope'
	/** What the open is counted under */
	| 'counted'
	/** The recipient, as an id or a pseudonym */
	| 'recipient'
	/** How the load was judged, and under which consent */
	| 'verdict'
	/** What leads to one person or one email */
	| 'person'
	/** What the request itself said */
	| 'request';

/**
 * How the store keeps a field. `id`: text of a limited length, the empty one is none. `time`:
 * milliseconds since 1970. `flag`: 0 or 1. `json`: JSON text. The column is nullable where the field
 * is.
 */
export type Stored = 'id' | 'text' | 'time' | 'number' | 'flag' | 'json';

/** One line of the table. */
export interface FieldLine<Schema extends z.ZodType = z.ZodType, Kept extends Stored = Stored> {
	group: FieldGroup;
	stored: Kept;
	schema: Schema;
	/** One sentence for people; the documentation prints it */
	description: string;
	/** Place among the columns of a CSV export; `null`: exports leave the field out */
	csv: number | null;
}

function field<Schema extends z.ZodType, Kept extends Stored>(
	group: FieldGroup,
	stored: Kept,
	schema: Schema,
	description: string,
	csv: number | null = null,
): FieldLine<Schema, Kept> {
	return { group, stored, schema, description, csv };
}

const text = z.string().nullable();
const reason = z.enum(RECIPIENT_REASONS).nullable();
const status = z.enum(CONSENT_STATUSES).nullable();
const purpose = z.enum(PURPOSES).nullable();
// With a default, because events that were logged before the field existed are read as well.
const laterNumber = z.int().nonnegative().nullable().default(null);
const laterFlag = z.boolean().nullable().default(null);
const laterText = z.string().nullable().default(null);

/**
 * Every field of an open event, one line each: group, storage, type, description, CSV column. The
 * schema, the TypeScript types, what a mode keeps, the row of the store, the rows of warehouses and
 * exports, the choices of the minimizer node and `docs/open-event.md` are made from this table.
 *
 * A new field is a line here, the place that fills it, and a migration that adds its column. Give
 * it a default, since older events do not have it.
 */
// prettier-ignore
export const EVENT_TABLE = {
	eventId: field('envelope', 'id', z.string().min(1), 'A UUID, mostly of version 7; the idempotency key everywhere', 14),
	event: field('envelope', 'text', z.enum(EVENT_KINDS), 'What happened: "open" or "click"', 17),
	occurredAt: field('envelope', 'time', z.iso.datetime(), 'When the image was asked for, ISO 8601 in UTC', 1),
	recipientId: field('recipient', 'id', text, 'The addressee, as the link names it', 2),
	recipientReason: field('envelope', 'text', reason, 'Why there is no recipient id; null when there is one'),
	pixelId: field('counted', 'id', text, 'The pixel, a UUID where this package made it', 3),
	campaignId: field('counted', 'id', text, 'The campaign the link was made for', 4),
	messageId: field('person', 'text', text, 'The message the link was made for', 5),
	trackingMode: field('envelope', 'text', z.enum(TRACKING_MODES), 'How much this open was allowed to leave behind', 11),
	purpose: field('envelope', 'text', purpose, 'What the open may be used for', 12),
	actor: field('envelope', 'text', z.enum(ACTORS), 'Who loaded the image', 6),
	actorReason: field('verdict', 'text', text, 'Stable code of the rule that named the actor', 7),
	rulesVersion: field('verdict', 'text', text, 'Version of the rule set that named the actor'),
	client: {
		family: field('verdict', 'text', text, 'Email client or browser family', 8),
		os: field('verdict', 'text', text, 'Operating system family', 9),
		device: field('verdict', 'text', text, 'Device class', 10),
	},
	features: field('verdict', 'json', z.array(z.string()), 'Non-personal facts about the load, from which a newer rule set can judge again'),
	consent: {
		status: field('verdict', 'text', status, 'Consent status when the image was asked for; null where nobody could be asked', 13),
		recordId: field('person', 'text', text, 'The consent record that says so'),
		policy: field('envelope', 'text', text, 'The policy that was applied'),
	},
	request: {
		ip: field('request', 'text', text, 'Address of the requester, reduced as the mode allows'),
		userAgent: field('request', 'text', text, 'User agent of the requester, if kept'),
		referer: field('request', 'text', text, 'Referring page, if kept'),
		acceptLanguage: field('request', 'text', text, 'Languages the requester asked for, if kept'),
	},
	link: {
		url: field('counted', 'text', laterText, 'Of a click: where the link leads, as exactly as the mode allows', 18),
		position: field('counted', 'number', laterNumber, 'Of a click: the place of the link in the email, from 1', 19),
		label: field('counted', 'text', laterText, 'Of a click: what the sender calls the link', 20),
	},
	firstOpen: field('verdict', 'flag', laterFlag, 'Whether the store had no counted open of this recipient and message before; null where that cannot be known'),
	quietDays: field('person', 'number', laterNumber, 'Whole days since the last counted open of this recipient, of any message, as the store knew it; null without one'),
	imageHeldMs: field('person', 'number', laterNumber, 'How long the client kept the connection open, in milliseconds; null until known', 15),
	imageHeldMeasurable: field('person', 'flag', laterFlag, 'true: being measured; false: this client cannot be; null: not asked for, or no consent to it', 16),
};

type Table = typeof EVENT_TABLE;

/** The dotted path of a field. */
export type EventField = {
	[Name in keyof Table]: Table[Name] extends FieldLine
		? Name
		: `${Name}.${keyof Table[Name] & string}`;
}[keyof Table];

/** The line of a field. */
export type LineOf<Path extends EventField> = Path extends `${infer Outer}.${infer Inner}`
	? Outer extends keyof Table
		? Inner extends keyof Table[Outer]
			? Table[Outer][Inner]
			: never
		: never
	: Path extends keyof Table
		? Table[Path]
		: never;

/** The column of a field: its path in snake_case, `consent_record_id` for `consent.recordId`. */
export type ColumnOf<Path extends string> = Path extends `${infer First}${infer Rest}`
	? First extends '.'
		? `_${ColumnOf<Rest>}`
		: First extends Lowercase<First>
			? `${First}${ColumnOf<Rest>}`
			: `_${Lowercase<First>}${ColumnOf<Rest>}`
	: '';

/** A line of the table with what its path says. */
export interface Leaf extends FieldLine {
	path: EventField;
	/** The property of the event, and where that is an object, the property in it */
	outer: string;
	inner: string | null;
	/** Column in the store and in warehouses */
	column: string;
	/** Column in a CSV export */
	csvName: string;
	/** What stands for "nothing is known"; `undefined`: an event is no event without the field */
	empty: null | readonly [] | undefined;
}

/** Every field, in the order of the table. */
export const EVENT_LEAVES: readonly Leaf[] = Object.entries(EVENT_TABLE).flatMap(([outer, line]) =>
	isLine(line)
		? [leafOf(line, outer, null)]
		: Object.entries(line).map(([inner, innerLine]) => leafOf(innerLine, outer, inner)),
);

/** Every field by its dotted path, in the order of the table. */
export const EVENT_FIELDS: readonly EventField[] = EVENT_LEAVES.map(({ path }) => path);

/** Whether an entry of the table is a field, and not an object of fields. */
export function isLine(entry: object): entry is FieldLine {
	return 'schema' in entry;
}

function leafOf(line: FieldLine, outer: string, inner: string | null): Leaf {
	const path = inner === null ? outer : `${outer}.${inner}`;
	return {
		...line,
		path: path as EventField,
		outer,
		inner,
		column: path.replace(/[.A-Z]/g, (sign) => (sign === '.' ? '_' : `_${sign.toLowerCase()}`)),
		csvName: path.replace(/[.](.)/g, (_, letter: string) => letter.toUpperCase()),
		empty: emptyOf(line.schema),
	};
}

function emptyOf(schema: z.ZodType): Leaf['empty'] {
	if (schema.safeParse(null).success) return null;
	return schema.safeParse([]).success ? [] : undefined;
}
