import type { OpenEvent } from '../event/open-event';
import { isWithin, type TrackingMode } from '../event/tracking-mode';
import { roundEventId, roundTime, type TimePrecision } from './minimise-time';

/** Every leaf of an OpenEvent, by dotted path. */
export const EVENT_FIELDS = [
	'eventId',
	'event',
	'occurredAt',
	'recipientId',
	'recipientReason',
	'pixelId',
	'campaignId',
	'messageId',
	'trackingMode',
	'purpose',
	'actor',
	'actorReason',
	'rulesVersion',
	'client.family',
	'client.os',
	'client.device',
	'features',
	'consent.status',
	'consent.recordId',
	'consent.policy',
	'request.ip',
	'request.userAgent',
	'request.referer',
	'request.acceptLanguage',
	'viewTimeMs',
	'viewTimeMeasurable',
] as const;
export type EventField = (typeof EVENT_FIELDS)[number];

/** What one tracking mode lets an open leave behind. */
export interface ModeRule {
	/** One line for people */
	summary: string;
	/** The only fields that may hold a value; all others are `null` or empty */
	fields: readonly EventField[];
	recipient: 'none' | 'id' | 'pseudonym';
	time: TimePrecision;
	/** What the store keeps: nothing, a number, one row per recipient that is overwritten, or each open */
	keeps: 'nothing' | 'counters' | 'last-open' | 'every-open';
}

/** Says nothing about a person; without these an event is no event. */
const ENVELOPE = [
	'eventId',
	'event',
	'occurredAt',
	'recipientReason',
	'trackingMode',
	'purpose',
	'actor',
	'consent.policy',
] as const satisfies readonly EventField[];

const COUNTED_UNDER = ['pixelId', 'campaignId'] as const satisfies readonly EventField[];

const VERDICT = [
	'actorReason',
	'rulesVersion',
	'client.family',
	'client.os',
	'client.device',
	'features',
] as const satisfies readonly EventField[];

const REQUEST = [
	'request.ip',
	'request.userAgent',
	'request.referer',
	'request.acceptLanguage',
] as const satisfies readonly EventField[];

const CONSENT = ['consent.status', 'consent.recordId'] as const satisfies readonly EventField[];

const IDENTIFIED_FIELDS = [
	...ENVELOPE,
	...COUNTED_UNDER,
	...VERDICT,
	...CONSENT,
	'recipientId',
	'messageId',
	'viewTimeMs',
	'viewTimeMeasurable',
] as const satisfies readonly EventField[];

/**
 * Exactly what each mode stores. The minimiser, the privacy report and the tests read this one
 * table. `hygiene` follows CNIL délibération 2026-042: for list hygiene only the day of the last
 * open may be kept, and each open overwrites it.
 */
export const MODE_STORES: Readonly<Record<TrackingMode, ModeRule>> = {
	off: {
		summary: 'Nothing at all',
		fields: [],
		recipient: 'none',
		time: 'exact',
		keeps: 'nothing',
	},
	aggregate: {
		summary: 'Counts per pixel, campaign and hour; no recipient, no message, no reading program',
		fields: [...ENVELOPE, ...COUNTED_UNDER],
		recipient: 'none',
		time: 'hour',
		keeps: 'counters',
	},
	hygiene: {
		summary: 'The recipient and the day of the last open, overwritten by each open',
		fields: [...ENVELOPE, 'recipientId'],
		recipient: 'id',
		time: 'day',
		keeps: 'last-open',
	},
	pseudonymous: {
		summary:
			'Each open to the hour, under a pseudonym of the recipient that differs per campaign; ' +
			'families of the reading program; nothing of the request',
		fields: [...ENVELOPE, ...COUNTED_UNDER, ...VERDICT, 'consent.status', 'recipientId'],
		recipient: 'pseudonym',
		time: 'hour',
		keeps: 'every-open',
	},
	identified: {
		summary:
			'Each open with recipient id and exact time; families of the reading program; ' +
			'the view time where it is measured; nothing of the request',
		fields: IDENTIFIED_FIELDS,
		recipient: 'id',
		time: 'exact',
		keeps: 'every-open',
	},
	full: {
		summary: 'As identified, and of the request what the edge options keep',
		fields: [...IDENTIFIED_FIELDS, ...REQUEST],
		recipient: 'id',
		time: 'exact',
		keeps: 'every-open',
	},
};

/** Makes the pseudonym of a recipient inside one campaign; see `recipientPseudonym`. */
export type PseudonymFunction = (recipientId: string, scope: string) => string;

/**
 * Reduces an event to what a mode may store. Fields the mode does not name become `null`.
 * Applying a mode that the event already has changes nothing.
 *
 * An event whose link was made for more also loses its pixel id when the result is `aggregate` or
 * `pseudonymous`: a pixel made for `identified` may stand for a single mail, and would name the
 * person again. Its campaign id still counts.
 *
 * @param event an event that holds no more than its `trackingMode` allows
 * @param mode the effective mode; never higher than `event.trackingMode` is applied
 * @param pseudonym needed to get to `pseudonymous`; without it the event falls to `aggregate`,
 *   because the real id must not be stored
 * @param madeFor the mode the link was made for; only needed while that is not `event.trackingMode`
 * @returns a new event, or `null` for `off`
 */
export function applyMode(
	event: OpenEvent,
	mode: TrackingMode,
	pseudonym: PseudonymFunction | null,
	madeFor: TrackingMode = event.trackingMode,
): OpenEvent | null {
	let effective = isWithin(mode, event.trackingMode) ? mode : event.trackingMode;
	const needsPseudonym = effective === 'pseudonymous' && event.trackingMode !== 'pseudonymous';
	if (needsPseudonym && !pseudonym) effective = 'aggregate';
	if (effective === 'off') return null;

	const rule = MODE_STORES[effective];
	const allowed = new Set<EventField>(rule.fields);
	const keep = <T>(field: EventField, value: T): T | null => (allowed.has(field) ? value : null);
	const pixelMayNameAPerson = effective !== madeFor && rule.recipient !== 'id';
	const recipientId = reduceRecipient(event, rule, pseudonym);
	const occurredAt = roundTime(event.occurredAt, rule.time);
	if (occurredAt === null) {
		throw new Error('occurredAt is not a date. Pass an ISO 8601 time in UTC.');
	}

	return {
		eventId: roundEventId(event.eventId, rule.time),
		event: event.event,
		occurredAt,
		recipientId,
		recipientReason:
			event.recipientId !== null && recipientId === null ? 'mode' : event.recipientReason,
		pixelId: pixelMayNameAPerson ? null : keep('pixelId', event.pixelId),
		campaignId: keep('campaignId', event.campaignId),
		messageId: keep('messageId', event.messageId),
		trackingMode: effective,
		purpose: event.purpose,
		actor: event.actor,
		actorReason: keep('actorReason', event.actorReason),
		rulesVersion: keep('rulesVersion', event.rulesVersion),
		client: {
			family: keep('client.family', event.client.family),
			os: keep('client.os', event.client.os),
			device: keep('client.device', event.client.device),
		},
		features: allowed.has('features') ? [...event.features] : [],
		consent: {
			status: keep('consent.status', event.consent.status),
			recordId: keep('consent.recordId', event.consent.recordId),
			policy: keep('consent.policy', event.consent.policy),
		},
		request: {
			ip: keep('request.ip', event.request.ip),
			userAgent: keep('request.userAgent', event.request.userAgent),
			referer: keep('request.referer', event.request.referer),
			acceptLanguage: keep('request.acceptLanguage', event.request.acceptLanguage),
		},
		viewTimeMs: keep('viewTimeMs', event.viewTimeMs),
		viewTimeMeasurable: keep('viewTimeMeasurable', event.viewTimeMeasurable),
	};
}

function reduceRecipient(
	event: OpenEvent,
	rule: ModeRule,
	pseudonym: PseudonymFunction | null,
): string | null {
	if (event.recipientId === null || rule.recipient === 'none') return null;
	const isPseudonym = event.trackingMode === 'pseudonymous';
	if (rule.recipient === 'id' || isPseudonym) return event.recipientId;
	if (!pseudonym) return null;
	return pseudonym(event.recipientId, event.campaignId ?? event.pixelId ?? '');
}
