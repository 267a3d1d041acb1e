import { z } from 'zod/v4';

import { PURPOSES } from './purpose';
import { TRACKING_MODES } from './tracking-mode';

/** Who loaded the image. `human`, `human-via-proxy` and `unknown` count as opens. */
export const ACTORS = [
	'human',
	'human-via-proxy',
	'prefetch',
	'scanner',
	'bot',
	'unknown',
] as const;
export type Actor = (typeof ACTORS)[number];

/** The actors whose loads count; the others are kept, labelled and reported apart. */
export const COUNTED_ACTORS: readonly Actor[] = ['human', 'human-via-proxy', 'unknown'];

/** Whether a load by this actor counts as an open. */
export function isCounted(actor: Actor): boolean {
	return COUNTED_ACTORS.includes(actor);
}

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
export type ConsentStatus = (typeof CONSENT_STATUSES)[number];

/** Why an event carries no recipient id. */
export const RECIPIENT_REASONS = [
	'missing',
	'too-long',
	'control-characters',
	'invalid-token',
	'mode',
] as const;
export type RecipientReason = (typeof RECIPIENT_REASONS)[number];

const text = (description: string) => z.string().nullable().describe(description);

/**
 * One recorded image load: the item that flows through every node. The one definition of its
 * shape; the type, the check and the documentation come from here. Unknown is `null`.
 */
export const openEventSchema = z.object({
	eventId: z.string().min(1).describe('UUIDv7; the idempotency key everywhere'),
	event: z.literal('open').describe('Always "open"'),
	occurredAt: z.iso.datetime().describe('When the image was asked for, ISO 8601 in UTC'),
	recipientId: text('The addressee, as the link names it'),
	recipientReason: z
		.enum(RECIPIENT_REASONS)
		.nullable()
		.describe('Why there is no recipient id; null when there is one'),
	pixelId: text('The pixel, a UUID where this package made it'),
	campaignId: text('The campaign the link was made for'),
	messageId: text('The message the link was made for'),
	trackingMode: z.enum(TRACKING_MODES).describe('How much this open was allowed to leave behind'),
	purpose: z.enum(PURPOSES).nullable().describe('What the open may be used for'),
	actor: z.enum(ACTORS).describe('Who loaded the image'),
	actorReason: text('Stable code of the rule that named the actor'),
	rulesVersion: text('Version of the rule set that named the actor'),
	client: z
		.object({
			family: text('Mail client or browser family'),
			os: text('Operating system family'),
			device: text('Device class'),
		})
		.describe('The reading program, reduced to families'),
	features: z
		.array(z.string())
		.describe('Non-personal facts about the load, from which a newer rule set can judge again'),
	consent: z
		.object({
			status: z
				.enum(CONSENT_STATUSES)
				.nullable()
				.describe('Consent status when the image was asked for'),
			recordId: text('The consent record that says so'),
			policy: text('The policy that was applied'),
		})
		.describe('What consent allowed this open'),
	request: z
		.object({
			ip: text('Address of the requester, reduced as the mode allows'),
			userAgent: text('User agent of the requester, if kept'),
			referer: text('Referring page, if kept'),
			acceptLanguage: text('Languages the requester asked for, if kept'),
		})
		.describe('What is kept of the request itself'),
	// Defaults, because events that were logged before these fields existed are read as well.
	viewTimeMs: z
		.int()
		.nonnegative()
		.nullable()
		.default(null)
		.describe('How long the client kept the connection open, in milliseconds; null until known'),
	viewTimeMeasurable: z
		.boolean()
		.nullable()
		.default(null)
		.describe(
			'true: being measured; false: this client cannot be; null: not asked for, or no consent to it',
		),
});

export type OpenEvent = z.infer<typeof openEventSchema>;
export type Client = OpenEvent['client'];
