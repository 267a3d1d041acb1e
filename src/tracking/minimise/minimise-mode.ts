import { EVENT_LEAVES, type EventField, type FieldGroup } from '../event/event-fields';
import { buildEvent, copyOf, type OpenEvent } from '../event/open-event';
import { isWithin, TRACKING_MODES, type TrackingMode } from '../event/tracking-mode';
import { reduceLink, type LinkPrecision } from './minimise-link';
import { roundEventId, roundTime, type TimePrecision } from './minimise-time';

/** What one tracking mode lets an open leave behind. */
export interface ModeRule {
	/** One line for people */
	summary: string;
	/** The only fields that may hold a value; all others are `null` or empty */
	fields: readonly EventField[];
	recipient: 'none' | 'id' | 'pseudonym';
	time: TimePrecision;
	/** How much of where a link leads, in modes that keep it */
	link: LinkPrecision;
	/** What the store keeps: nothing, a number, one row per recipient that is overwritten, or each open */
	keeps: 'nothing' | 'counters' | 'last-open' | 'every-open';
}

/** The fields of some groups, in the order of the table. */
function fieldsOf(...groups: readonly FieldGroup[]): EventField[] {
	return EVENT_LEAVES.filter(({ group }) => groups.includes(group)).map(({ path }) => path);
}

/**
 * Exactly what each mode stores, by the groups of the table of fields. The minimizer, the privacy report and the tests read this one
 * table. `hygiene` follows CNIL délibération 2026-042: for list hygiene only the day of the last
 * open may be kept, and each open overwrites it.
 */
export const MODE_STORES: Readonly<Record<TrackingMode, ModeRule>> = {
	off: {
		summary: 'Nothing at all',
		fields: [],
		recipient: 'none',
		time: 'exact',
		link: 'site',
		keeps: 'nothing',
	},
	aggregate: {
		summary: 'Counts per pixel, campaign and hour; no recipient, no message, no reading program',
		fields: fieldsOf('envelope', 'counted'),
		recipient: 'none',
		time: 'hour',
		link: 'site',
		keeps: 'counters',
	},
	hygiene: {
		summary: 'The recipient and the day of the last open, overwritten by each open',
		fields: fieldsOf('envelope', 'recipient'),
		recipient: 'id',
		time: 'day',
		link: 'site',
		keeps: 'last-open',
	},
	pseudonymous: {
		summary:
			'Each open to the hour, under a pseudonym of the recipient that differs per campaign; ' +
			'families of the reading program; nothing of the request',
		fields: fieldsOf('envelope', 'counted', 'verdict', 'recipient'),
		recipient: 'pseudonym',
		time: 'hour',
		link: 'site',
		keeps: 'every-open',
	},
	identified: {
		summary:
			'Each open with recipient id and exact time; families of the reading program; ' +
			'for how long the image was held, where it is measured; nothing of the request',
		fields: fieldsOf('envelope', 'counted', 'verdict', 'recipient', 'person'),
		recipient: 'id',
		time: 'exact',
		link: 'page',
		keeps: 'every-open',
	},
	full: {
		summary: 'As identified, and of the request what the edge options keep',
		fields: fieldsOf('envelope', 'counted', 'verdict', 'recipient', 'person', 'request'),
		recipient: 'id',
		time: 'exact',
		link: 'whole',
		keeps: 'every-open',
	},
};

/** The properties that a mode keeps, worked out once, because every open is reduced. */
interface Plan {
	names: string[];
	/** Dropped lists; each event gets an empty one of its own */
	lists: string[];
	objects: Array<{ name: string; plan: Plan; blank: Properties }>;
}
type Properties = Record<string, unknown>;

const BLANK: Properties = buildEvent(({ empty }) => empty);
const PLANS = Object.fromEntries(
	TRACKING_MODES.map((mode) => [mode, planOf(MODE_STORES[mode].fields)]),
) as Record<TrackingMode, Plan>;

function planOf(fields: readonly EventField[]): Plan {
	const whole: Plan = { names: [], lists: [], objects: [] };
	for (const { path, outer, inner, empty } of EVENT_LEAVES) {
		const { names, lists } = inner === null ? whole : objectIn(whole, outer);
		if (fields.includes(path)) names.push(inner ?? outer);
		else if (empty) lists.push(inner ?? outer);
	}
	return whole;
}

function objectIn({ objects }: Plan, name: string): Plan {
	const known = objects.find((object) => object.name === name);
	if (known) return known.plan;
	const plan: Plan = { names: [], lists: [], objects: [] };
	objects.push({ name, plan, blank: BLANK[name] as Properties });
	return plan;
}

function follow(
	{ names, lists, objects }: Plan,
	source: Properties,
	blank: Properties,
): Properties {
	// A copy of one object that has every property is several times faster than adding them.
	const reduced = { ...blank };
	for (const name of names) reduced[name] = copyOf(source[name]);
	for (const name of lists) reduced[name] = [];
	for (const object of objects) {
		reduced[object.name] = follow(object.plan, source[object.name] as Properties, object.blank);
	}
	return reduced;
}

/** Makes the pseudonym of a recipient inside one campaign; see `recipientPseudonym`. */
export type PseudonymFunction = (recipientId: string, scope: string) => string;

/**
 * Reduces an event to what a mode may store. Fields the mode does not name become `null`.
 * Applying a mode that the event already has changes nothing.
 *
 * An event whose link was made for more also loses its pixel id when the result is `aggregate` or
 * `pseudonymous`: a pixel made for `identified` may stand for a single email, and would name the
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
	const occurredAt = roundTime(event.occurredAt, rule.time);
	if (occurredAt === null) {
		throw new Error('occurredAt is not a date. Pass an ISO 8601 time in UTC.');
	}
	const reduced = follow(PLANS[effective], event, BLANK) as OpenEvent;
	reduced.eventId = roundEventId(event.eventId, rule.time);
	reduced.occurredAt = occurredAt;
	reduced.recipientId = reduceRecipient(event, rule, pseudonym);
	if (event.recipientId !== null && reduced.recipientId === null) reduced.recipientReason = 'mode';
	if (effective !== madeFor && rule.recipient !== 'id') reduced.pixelId = null;
	reduced.link.url = reduceLink(reduced.link.url, rule.link);
	reduced.trackingMode = effective;
	return reduced;
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
