import { z } from 'zod/v4';

import type { Actor, Client } from '../event/open-event';
import { firstIssue, IN_PLAIN_WORDS } from '../event/plain-issues';
import type { EspReason } from './esp-reasons';

/** One open as an email service reports it, before it is an event of ours. */
export interface EspOpen {
	/** The service's own id of this load; `null` when it gives none */
	vendorId: string | null;
	/** What tells this load from others where there is no id of its own */
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
}

/** One entry of a payload. */
export type EspPart =
	| { kind: 'open'; open: EspOpen }
	/** An event of another kind */
	| { kind: 'other' }
	| { kind: 'rejected'; reason: string };

/** Reads a webhook body of one service. Never throws; what it cannot read is `rejected`. */
export type EspReader = (payload: unknown) => EspPart[];

export const other: EspPart = { kind: 'other' };

export function rejectedPart(reason: string): EspPart {
	return { kind: 'rejected', reason };
}

/** Text or number as text, anything else (also empty text) as `null`. */
export const textOrNull = z.unknown().transform((value) => {
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value : null;
});

/** An object, anything else as an empty one. */
export const objectOrEmpty = z
	.unknown()
	.transform(
		(value): Record<string, unknown> =>
			typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {},
	);

/** The first of a list of texts, a single text as it is. */
export const firstText = z.unknown().transform((value) => {
	const first: unknown = Array.isArray(value) ? value[0] : value;
	return typeof first === 'string' && first !== '' ? first : null;
});

/** Unix seconds, or milliseconds where the number is too large for seconds, as milliseconds. */
export function unixMs(value: string | null): number {
	const number = value === null ? NaN : Number(value);
	return number < 100_000_000_000 ? Math.round(number * 1000) : Math.round(number);
}

/** Services that send lists also send single objects, and the other way round. */
export function listOf(payload: unknown): unknown[] {
	return Array.isArray(payload) ? payload : [payload];
}

/** A family name as services give it, with their words for "do not know" as `null`. */
export function family(name: string | null): string | null {
	return name === null || /^(unknown|other|generic .*|-)$/i.test(name.trim()) ? null : name.trim();
}

/** The device classes we have a word for. */
export function deviceClass(name: string | null): string | null {
	const word = name?.trim().toLowerCase() ?? '';
	if (/^(desktop|mobile|tablet)$/.test(word)) return word;
	return word === 'phone' || word === 'smartphone' ? 'mobile' : null;
}

/**
 * Applies a schema to each entry and reads those that fit.
 *
 * @param read gives `null` for an event that is no open
 */
export function readEach<T>(
	parts: readonly unknown[],
	schema: z.ZodType<T>,
	read: (part: T) => EspOpen | EspPart | null,
): EspPart[] {
	return parts.map((part) => {
		const parsed = schema.safeParse(part, IN_PLAIN_WORDS);
		if (!parsed.success) {
			return rejectedPart(`Not an event of this service (${firstIssue(parsed.error, 'it')})`);
		}
		const open = read(parsed.data);
		if (open === null) return other;
		return 'kind' in open ? open : { kind: 'open', open };
	});
}

export const NO_CLIENT: Client = { family: null, os: null, device: null };
