import { z } from 'zod4';

import type { Actor, Client } from '../../event/open-event';
import { firstIssue, IN_PLAIN_WORDS } from '../../event/plain-issues';
import { whyNotAnId } from '../../receive/received-link';
import type { EspReason } from '../esp-reasons';

/** What services report that concerns an email which was sent. */
export const ESP_EVENTS = ['open', 'click', 'bounce', 'complaint'] as const;
export type EspEventName = (typeof ESP_EVENTS)[number];

/** Why an email did not arrive. The words of the mail server are left out: they hold the address. */
export interface Bounce {
	/** Whether it will not arrive later either; `null` where the service does not say */
	permanent: boolean | null;
	/** Status code of RFC 3463, such as `5.1.1` */
	code: string | null;
}

/** One event as an email service reports it, before it is one of ours. */
export interface EspEvent {
	event: EspEventName;
	/** The service's own id of it; `null` when it gives none */
	vendorId: string | null;
	/** What tells it from others where there is no id of its own */
	identity: ReadonlyArray<string | number | null>;
	/** Unix time in milliseconds; NaN when the payload has no usable time */
	occurredAtMs: number;
	address: string | null;
	messageId: string | null;
	campaignId: string | null;
	/** Where the sender's own values are, one of which may be the recipient id */
	metadata: Readonly<Record<string, unknown>>;
	/** The service's own word on who loaded the image; `null` when it has none */
	label: { actor: Actor; code: EspReason } | null;
	client: Client;
	ip: string | null;
	userAgent: string | null;
	/** Of a click: the address that was followed */
	url: string | null;
	/** Of a bounce */
	bounce: Bounce | null;
}

/** What one entry of a payload holds. */
export type EspPart =
	| { kind: 'event'; event: EspEvent }
	/** Something else, which is left out */
	| { kind: 'other' }
	| { kind: 'rejected'; reason: string };

export interface ReadOptions {
	/** Whether SparkPost's pixel at the top of an email counts as well as the one at its end */
	initialOpens: boolean;
}

/**
 * Reads one entry of a webhook body of one service. Never throws; what it cannot read is `rejected`.
 * One entry may name several people.
 */
export type EspReader = (part: unknown, options: ReadOptions) => EspPart[];

export const other: EspPart = { kind: 'other' };

export function rejectedPart(reason: string): EspPart {
	return { kind: 'rejected', reason };
}

/** Text or number as text, anything else (also empty text) as `null`. */
export const textOrNull = z
	.unknown()
	.optional()
	.transform((value) => {
		if (typeof value === 'number') return String(value);
		return typeof value === 'string' && value.trim() !== '' ? value : null;
	});

/** Text that may become an id: with the limits that ids in links have, anything else as `null`. */
export const idOrNull = textOrNull.transform((text) => (whyNotAnId(text) === null ? text : null));

/** An object, anything else as an empty one. */
export const objectOrEmpty = z
	.unknown()
	.optional()
	.transform(
		(value): Record<string, unknown> =>
			typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {},
	);

/** The first of a list of texts, a single text as it is; with the limits of an id. */
export const firstText = z
	.unknown()
	.optional()
	.transform((value) => {
		const first: unknown = Array.isArray(value) ? value[0] : value;
		return typeof first === 'string' && whyNotAnId(first) === null ? first : null;
	});

const SECONDS = /^\d{10}(?:\.\d+)?$/;
const MILLISECONDS = /^\d{13}$/;
const ISO_8601 =
	/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)$/;
const OFFSET_OF_HOURS = /([+-]\d{2})$/;

/** Unix seconds or milliseconds, written out, as milliseconds; NaN for anything else. */
export function unixMs(value: string | null): number {
	if (value !== null && SECONDS.test(value)) return Math.round(Number(value) * 1000);
	return value !== null && MILLISECONDS.test(value) ? Number(value) : NaN;
}

/**
 * A whole date with time and zone (ISO 8601) in milliseconds; NaN for anything else. `Date.parse`
 * alone takes "0" for the year 2000.
 */
export function isoMs(value: string | null): number {
	if (value === null || !ISO_8601.test(value)) return NaN;
	return Date.parse(value.replace(' ', 'T').replace(OFFSET_OF_HOURS, '$1:00'));
}

/** Services that send lists also send single objects, and the other way round. */
export function listOf(payload: unknown): unknown[] {
	return Array.isArray(payload) ? payload : [payload];
}

const LONGEST_FAMILY = 64;

/** A family name as services give it, with their words for "do not know" as `null`. */
export function family(name: string | null): string | null {
	const text = name?.trim() ?? '';
	if (text.length > LONGEST_FAMILY || whyNotAnId(text) !== null) return null;
	return /^(unknown|other|generic .*|-)$/i.test(text) ? null : text;
}

/** The device classes we have a word for. */
export function deviceClass(name: string | null): string | null {
	const word = name?.trim().toLowerCase() ?? '';
	if (/^(desktop|mobile|tablet)$/.test(word)) return word;
	return word === 'phone' || word === 'smartphone' ? 'mobile' : null;
}

/** A bounce, with the status code out of what the mail server answered. */
export function bounceOf(permanent: boolean | null, ...answers: Array<string | null>): Bounce {
	const codes = answers.map((answer) => /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(answer ?? '')?.[0]);
	return { permanent, code: codes.find((code) => code !== undefined) ?? null };
}

/** What one event cannot do without, and of the rest what the service reports. */
export type KnownOfEvent = Pick<EspEvent, 'event' | 'identity' | 'occurredAtMs'> &
	Partial<EspEvent>;

const NOTHING_KNOWN: Omit<EspEvent, 'event' | 'identity' | 'occurredAtMs'> = {
	vendorId: null,
	address: null,
	messageId: null,
	campaignId: null,
	metadata: {},
	label: null,
	client: { family: null, os: null, device: null },
	ip: null,
	userAgent: null,
	url: null,
	bounce: null,
};

/**
 * Applies a schema to an entry and reads it if it fits.
 *
 * @param read gives nothing for an event that is left out, and one event for each person
 */
export function readPart<T>(
	part: unknown,
	schema: z.ZodType<T>,
	read: (part: T) => KnownOfEvent[],
): EspPart[] {
	const parsed = schema.safeParse(part, IN_PLAIN_WORDS);
	if (!parsed.success) {
		return [rejectedPart(`Not an event of this service (${firstIssue(parsed.error, 'it')})`)];
	}
	const events = read(parsed.data);
	if (events.length === 0) return [other];
	return events.map((known) => ({ kind: 'event', event: { ...NOTHING_KNOWN, ...known } }));
}
