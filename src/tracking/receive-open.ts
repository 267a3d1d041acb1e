import { askForConsent } from './ask-for-consent';
import type { BurstLoad, BurstRelabel, BurstVerdict, PlacedLoad } from './burst-rules';
import { CONSENT_REASONS, type ConsentPolicy, type PurposeRules } from './consent-policy';
import { reduceIp, type IpReduction } from './minimise-ip';
import { applyMode, MODE_STORES, type PseudonymFunction } from './minimise-mode';
import { roundEventId, roundTime, type TimePrecision } from './minimise-time';
import type { Actor, Client, ConsentStatus, OpenEvent } from './open-event';
import type { Purpose } from './purpose';
import { readLink, type ReceivedLink } from './received-link';
import { lowestMode, type TrackingMode } from './tracking-mode';
import { askForViewTime, isDirect } from './view-time';

const MAX_KEPT_HEADER_LENGTH = 512;

/** One request for a pixel, as the webhook or the collector saw it. */
export interface PixelRequest {
	method: string;
	query: Readonly<Record<string, string | undefined>>;
	/** Names in lower case, as node:http gives them */
	headers: Readonly<Record<string, string | undefined>>;
	/** The client's address, already worked out from trusted proxy hops; `null` when unknown */
	ip: string | null;
	receivedAt: Date;
	/** Whether the answer could be held open to measure view time; absent where none is measured */
	canBeHeld?: boolean;
}

export interface ReceiveSettings {
	/** The operator's ceiling, and the mode of links without a token */
	mode: TrackingMode;
	/** The purpose of links that name none */
	purpose: Purpose | null;
	/** Whether unsigned ids in the query are read, and which parameter holds the recipient id */
	plainIds: { allowed: boolean; recipientParameter: string };
	consent: {
		policy: ConsentPolicy;
		/** Name and version of the policy, written on each event, for example `france-2026.1` */
		label: string;
		purposeRules?: PurposeRules;
		/** A refused open becomes a bare count instead of nothing */
		keepAsAggregate: boolean;
	};
	/** What stays of the request itself; only mode `full` may hold any of it */
	keep: { ip: IpReduction; userAgent: boolean; referer: boolean; acceptLanguage: boolean };
	/** How exactly the time is kept, where the mode would keep it more exactly */
	time?: TimePrecision;
}

/** What a signed tracking link says. */
export interface LinkClaims {
	recipientId: string | null;
	pixelId: string | null;
	campaignId: string | null;
	messageId: string | null;
	/** `null` leaves it to the operator */
	trackingMode: TrackingMode | null;
	purpose: Purpose | null;
	/** When the link was made, which is about when the mail was sent */
	issuedAt: Date | null;
	/** Whether the link was made for the sender to look at the mail */
	preview?: boolean;
}
export type TokenResult = { ok: true; claims: LinkClaims } | { ok: false; reason: string };

/** What the classifier gets to see; none of it outlives the call. */
export interface ReceivedLoad {
	method: string;
	headers: Readonly<Record<string, string | undefined>>;
	userAgent: string | null;
	ip: string | null;
	/** Seconds between the making of the link and this load; `null` when the link does not say */
	secondsSinceSend: number | null;
	/** Whether the link was made for the sender to look at the mail */
	own: boolean;
}
export interface LoadVerdict {
	actor: Actor;
	actorReason: string | null;
	rulesVersion: string | null;
	client: Client;
	features: readonly string[];
}

export interface ReceiveDeps {
	verifyToken(token: string): TokenResult | Promise<TokenResult>;
	classify(load: ReceivedLoad): LoadVerdict;
	/** Names the loads that this one shows to be a scanner's, itself included (`burst-rules.ts`) */
	observeBurst(load: BurstLoad): BurstVerdict;
	/** Whether this person was erased or withdrew from everything; may fail */
	isSuppressed(recipientId: string): Promise<boolean>;
	/** The registry's word on one person and purpose; may fail */
	consentStatus(
		recipientId: string,
		purpose: Purpose | null,
	): Promise<{ status: ConsentStatus; recordId: string | null }>;
	/** A new UUIDv7 */
	newEventId(): string;
	/** Needed for mode `pseudonymous`; without it such opens fall to `aggregate` */
	pseudonym: PseudonymFunction | null;
	/** The key of today, asked for when an address is kept as a hash; may fail */
	ipKey(): Promise<Buffer>;
}

/** Stable codes of what became of a request, with a line for people. */
export const RECEIVE_REASONS = {
	...CONSENT_REASONS,
	'not-a-get': 'Only GET asks for the image; HEAD and other methods never count',
	'mode-off': 'Tracking is off for this link or for all',
	suppressed: 'The person was erased or withdrew from everything; nothing is stored',
	'invalid-token': 'The link was forged, damaged or has expired; counted without any id',
	'count-only': 'The mode is aggregate, so there is nobody to ask for consent',
} as const;
export type ReceiveReason = keyof typeof RECEIVE_REASONS;

export interface ReceivedOpen {
	/** Minimised and ready to be stored; `null` when nothing may be stored */
	event: OpenEvent | null;
	reason: ReceiveReason;
	/** Earlier opens that this one gave another actor; to be told to the store */
	relabels: BurstRelabel[];
	/**
	 * What the burst windows of the store are to know of this open (`observeBursts`); `null` when
	 * it takes no part, or when it may not be kept so exactly
	 */
	shared: PlacedLoad | null;
	/**
	 * What a failed lookup in the store threw: of an erasure, of consent, or of the key of the day,
	 * without which the address is dropped. For the operator's log, holds no decision.
	 */
	lookupError: unknown;
}

/**
 * The one way from a request to an event, for the n8n trigger and the collector alike:
 * verify → classify → check consent → minimise. Nothing personal is in the result beyond what
 * the effective mode allows (`MODE_STORES`), and nothing of a refused or erased person at all.
 *
 * The answer to the requester must not depend on the result: send the pixel first, or always.
 *
 * A suppression or consent lookup that fails is a fact for the policy and does not reject.
 *
 * @throws what `verifyToken`, `classify` or `newEventId` throw
 */
export async function receiveOpen(
	request: PixelRequest,
	settings: ReceiveSettings,
	deps: ReceiveDeps,
): Promise<ReceivedOpen> {
	if (request.method.toUpperCase() !== 'GET') return nothing('not-a-get');
	if (settings.mode === 'off') return nothing('mode-off');

	const link = await readLink(request.query, settings, deps);
	const mode = lowestMode([settings.mode, link.mode]);
	if (mode === 'off') return nothing('mode-off');

	const verdict = deps.classify({
		method: request.method,
		headers: request.headers,
		userAgent: request.headers['user-agent'] ?? null,
		ip: request.ip,
		secondsSinceSend:
			link.issuedAt === null
				? null
				: (request.receivedAt.getTime() - link.issuedAt.getTime()) / 1000,
		own: link.preview,
	});

	const answer = await askForConsent(link, mode, request.headers, settings, deps);
	if (answer.mode === 'off') return { ...nothing(answer.reason), lookupError: answer.lookupError };

	const effective = lowestMode([mode, answer.mode]);
	let { lookupError } = answer;
	const ipKey =
		effective === 'full' && settings.keep.ip === 'hash'
			? await deps.ipKey().catch((error: unknown) => {
					lookupError = error;
					return null;
				})
			: null;
	// Before the burst rules note the load: from then on it must reach the log without delay, or what
	// they say of it later would stand in front of it.
	const viewTime = await askForViewTime(
		{ recipientId: link.recipientId, mode: effective, actor: verdict.actor },
		request,
		settings,
		deps,
	);
	const time = settings.time ?? 'exact';
	// Rounded before the burst rules note it: what they name later must be the id that is stored.
	const eventId = roundEventId(roundEventId(deps.newEventId(), time), MODE_STORES[effective].time);
	const { judged, relabels, placed } = judgeBurst(eventId, link, verdict, request, deps);
	const receivedAt = request.receivedAt.toISOString();
	const event: OpenEvent = {
		eventId,
		event: 'open',
		occurredAt: roundTime(receivedAt, time) ?? receivedAt,
		recipientId: link.recipientId,
		recipientReason: link.recipientReason,
		pixelId: link.pixelId,
		campaignId: link.campaignId,
		messageId: link.messageId,
		// Nothing is reduced yet; applyMode below does that.
		trackingMode: 'full',
		purpose: link.purpose,
		actor: judged.actor,
		actorReason: judged.actorReason,
		rulesVersion: judged.rulesVersion,
		client: { ...judged.client },
		features: [...judged.features],
		consent: { status: answer.status, recordId: answer.recordId, policy: settings.consent.label },
		request: keptOfRequest(request, effective, settings.keep, ipKey),
		viewTimeMs: null,
		viewTimeMeasurable: viewTime.measurable && isDirect(judged.actor),
	};
	return {
		event: applyMode(event, effective, deps.pseudonym, link.mode),
		reason: answer.reason,
		relabels,
		shared: mayShare(effective, time) ? placed : null,
		lookupError: lookupError ?? viewTime.lookupError,
	};
}

/**
 * Whether the windows in the store may name this open with its time. They may only where the log
 * itself keeps the open, and as exactly; else the memory of the process judges alone.
 */
function mayShare(effective: TrackingMode, time: TimePrecision): boolean {
	const rule = MODE_STORES[effective];
	return rule.keeps === 'every-open' && rule.time === 'exact' && time === 'exact';
}

/** What the loads around this one say of it, and what it says of them. */
function judgeBurst(
	eventId: string,
	link: ReceivedLink,
	verdict: LoadVerdict,
	request: PixelRequest,
	deps: ReceiveDeps,
): BurstVerdict & { judged: LoadVerdict } {
	const { recipientId } = link;
	const { relabels: named, placed } = deps.observeBurst({
		eventId,
		at: request.receivedAt.getTime(),
		recipient: recipientId === null ? null : JSON.stringify([link.pixelId, recipientId]),
		recipientDomain: recipientId?.includes('@') ? recipientId.split('@').at(-1)! : null,
		ip: request.ip,
		actor: verdict.actor,
		features: verdict.features,
	});
	const own = named.find((relabel) => relabel.eventId === eventId);
	if (!own) return { judged: verdict, relabels: named, placed };
	return {
		judged: {
			...verdict,
			actor: own.actor,
			actorReason: own.actorReason,
			features: [...verdict.features, own.feature],
		},
		relabels: named.filter((relabel) => relabel !== own),
		placed: placed && { ...placed, open: false },
	};
}

function keptOfRequest(
	request: PixelRequest,
	effective: TrackingMode,
	keep: ReceiveSettings['keep'],
	ipKey: Buffer | null,
): OpenEvent['request'] {
	if (effective !== 'full') {
		return { ip: null, userAgent: null, referer: null, acceptLanguage: null };
	}
	const header = (wanted: boolean, name: string): string | null =>
		wanted ? (request.headers[name]?.slice(0, MAX_KEPT_HEADER_LENGTH) ?? null) : null;
	return {
		ip: keep.ip === 'hash' && ipKey === null ? null : reduceIp(request.ip, keep.ip, ipKey),
		userAgent: header(keep.userAgent, 'user-agent'),
		referer: header(keep.referer, 'referer'),
		acceptLanguage: header(keep.acceptLanguage, 'accept-language'),
	};
}

function nothing(reason: ReceiveReason): ReceivedOpen {
	return { event: null, reason, relabels: [], shared: null, lookupError: null };
}
