import type { BurstLoad, PlacedLoad } from '../bursts/burst-rules';
import { CONSENT_REASONS, type ConsentPolicy, type PurposeRules } from '../consent/consent-policy';
import type { Actor, Client, ConsentStatus, OpenEvent } from '../event/open-event';
import type { Purpose } from '../event/purpose';
import type { TrackingMode } from '../event/tracking-mode';
import type { ProbeLoad } from '../links/probe-link';
import type { TrackedLinkClaims } from '../links/tracked-link';
import type { LinkClaims } from '../links/token-claims';
import type { IpReduction } from '../minimise/minimise-ip';
import type { PseudonymFunction } from '../minimise/minimise-mode';
import type { TimePrecision } from '../minimise/minimise-time';

/** One request for a pixel, as the webhook or the collector saw it. */
export interface PixelRequest {
	method: string;
	query: Readonly<Record<string, string | undefined>>;
	/** Names in lower case, as node:http gives them */
	headers: Readonly<Record<string, string | undefined>>;
	/** The client's address, already worked out from trusted proxy hops; `null` when unknown */
	ip: string | null;
	receivedAt: Date;
	/** What your own proxy calls the request, also when it sends it a second time, elsewhere */
	requestId?: string;
	/** Whether the answer could be held open to measure for how long; absent where none is measured */
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
	/** Whether the rule `address-many-domains` looks at the opens */
	manyDomains?: boolean;
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
	/** Whether the link was made for the sender to look at the email */
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
	/** Where a load belongs in the burst windows of the store; `null` when it takes no part */
	placeLoad(load: BurstLoad): PlacedLoad | null;
	/** Whether this person was erased or withdrew from everything; may fail */
	isSuppressed(recipientId: string): Promise<boolean>;
	/** The registry's word on one person and purpose; may fail */
	consentStatus(
		recipientId: string,
		purpose: Purpose | null,
	): Promise<{ status: ConsentStatus; recordId: string | null }>;
	/** A new UUIDv7; of a request with a name of its own, the same id wherever it comes in */
	newEventId(requestId?: string): string | Promise<string>;
	/** Needed for mode `pseudonymous`; without it such opens fall to `aggregate` */
	pseudonym: PseudonymFunction | null;
	/** The key of today, asked for when an address is kept as a hash; may fail */
	ipKey(): Promise<Buffer>;
	/** Notes what loaded a probe email; may fail */
	noteProbe(load: ProbeLoad): Promise<void>;
}

/** What a door needs that follows tracked links as well. */
export interface LinkDeps extends ReceiveDeps {
	/** What a tracked link says; `null` when its token is forged or damaged */
	readTrackedLink(token: string): Promise<TrackedLinkClaims | null>;
}

/** Stable codes of what became of a request, with a line for people. */
export const RECEIVE_REASONS = {
	...CONSENT_REASONS,
	'not-a-get': 'Only GET asks for the image; HEAD and other methods never count',
	'mode-off': 'Tracking is off for this link or for all',
	suppressed: 'The person was erased or withdrew from everything; nothing is stored',
	'invalid-token':
		'The link was forged or damaged, has expired, or has no token where only signed links count; counted without any id, and not as an open',
	probe: 'The email is a probe of the setup; what loaded it is noted, and it counts nowhere',
	'count-only': 'The mode is aggregate, so there is nobody to ask for consent',
} as const;
export type ReceiveReason = keyof typeof RECEIVE_REASONS;

/** A load, and whose counters stand beside its burst windows in the store. */
export interface LoadInPlace {
	event: Pick<OpenEvent, 'pixelId' | 'campaignId' | 'recipientId'>;
	load: PlacedLoad;
}

export interface ReceivedOpen {
	/** Minimized and ready to be stored; `null` when nothing may be stored */
	event: OpenEvent | null;
	reason: ReceiveReason;
	/**
	 * What the burst windows of the store are to know of the event; `null` when it takes no part, or
	 * when it may not be kept so exactly. To be recorded with it.
	 */
	load: PlacedLoad | null;
	/**
	 * What the burst windows are to know of a link that was looked at with HEAD, which is no event and
	 * is counted nowhere; absent for anything else.
	 */
	looked?: LoadInPlace | null;
	/**
	 * What a failed lookup in the store threw: of an erasure, of consent, of a probe, or of the key of
	 * the day, without which the address is dropped. For the operator's log, holds no decision.
	 */
	lookupError: unknown;
}
