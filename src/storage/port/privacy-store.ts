import type { ConsentRecord, ConsentState } from '../../tracking/consent/consent-record';
import type { Actor, ConsentStatus, OpenEvent } from '../../tracking/event/open-event';
import type { Purpose } from '../../tracking/event/purpose';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import type { Probe, ProbeLoad } from '../../tracking/links/probe-link';
import type { CountTable } from '../../tracking/minimise/k-anonymity';
import type { PrivacyRequestKind } from '../../tracking/people/erasure';
import type { DenylistKeysOf, PseudonymsOf } from '../../tracking/people/subject-keys';
import type { DataClass, RetentionStep } from '../../tracking/people/retention';
import type { RecipientWithCounts } from './recipient';

/** One person, by an id or address, and by what only the signing keys can tell of them. */
export interface Subject {
	recipientId: string;
	/** The pseudonyms of a name in a campaign or pixel, one per signing key of this installation */
	pseudonymsOf: PseudonymsOf;
	/** The keys of a name on the denylist, one per signing key */
	denylistKeysOf: DenylistKeysOf;
}

/** A request that is not answered yet. */
export interface PrivacyRequest {
	recipientId: string;
	kind: PrivacyRequestKind;
	/** ISO 8601 in UTC; when it was asked first */
	askedAt: string;
}

/** Everything the store holds about one person. */
export interface SubjectData {
	/** Addressee entries with their counters */
	recipients: RecipientWithCounts[];
	/** Opens under the id and under every pseudonym, newest first */
	opens: OpenEvent[];
	/** Mode `hygiene`: YYYY-MM-DD */
	lastOpenDay: string | null;
	/** Messages counted as sent, per pixel or campaign */
	sent: Array<{ pixelId: string | null; campaignId: string | null; messages: number }>;
	consent: ConsentRecord[];
	/** Labels they carry, from A to Z */
	segments: string[];
	/** What they asked for and have not got yet */
	requests: Array<Pick<PrivacyRequest, 'kind' | 'askedAt'>>;
}

/** What an erasure removed, and what it kept under a keyed hash. */
export interface ErasureCounts {
	erased: Array<{
		dataClass: DataClass | 'recipient' | 'sent-message' | 'request' | 'segment';
		records: number;
	}>;
	/** Ids of the erased opens, under which others may hold copies; they name nobody */
	eventIds: string[];
	/** Proof of consent that now names the person by a keyed hash only */
	keptConsentRecords: number;
}

/** What one class of data lost to retention, or would lose. */
export interface RetentionCount {
	dataClass: DataClass;
	action: RetentionStep['action'];
	/** ISO 8601 in UTC; `null` where nothing is deleted */
	deleteBefore: string | null;
	records: number;
}

/**
 * Stored opens and clicks of one mode, actor and policy, counted from their rows. Times are ISO 8601
 * in UTC.
 */
export interface KeptOpens {
	trackingMode: TrackingMode;
	actor: Actor;
	/** Label of the policy they came in under */
	policy: string | null;
	opens: number;
	/** Apart from the opens, links that were followed, and how many of them say where it led */
	clicks: number;
	destinations: number;
	firstAt: string;
	lastAt: string;
	/** How many of both hold each part of the request */
	request: Record<RequestPart, number>;
	/** How many hold an IP address though no consent was known when they came in */
	ipWithoutConsent: number;
}
export const REQUEST_PARTS = ['ip', 'userAgent', 'referer', 'acceptLanguage'] as const;
export type RequestPart = (typeof REQUEST_PARTS)[number];

/** What the store holds, in numbers that name nobody. */
export interface KeptData {
	opens: KeptOpens[];
	/** Recipients by id; one under pseudonyms counts once per campaign */
	people: number;
	/** People of whom only the day of the last open is kept */
	lastOpenDays: number;
	/** Recipients whose email address is kept */
	addresses: number;
	/** Those of them that nothing was sent to and that loaded nothing, so that no period ends them */
	addressesWithoutEnd: number;
	sentMessages: number;
	/** Recipients that carry a segment */
	segmented: number;
	/** People by where they stand on a purpose; one with several answers counts for each */
	consents: Array<{ status: ConsentStatus; people: number }>;
	/** People with a consent in force that ends before the moment asked for */
	consentsEnding: number;
	/** Entries on the list of erased people, one for each of their names */
	erased: number;
	/** Signing keys that were given up */
	keysGivenUp: number;
}

/** How often people used their rights in a span of time, in numbers that name nobody. */
export interface RightsUsed {
	/** Done; those that are repeated after a restore count once together */
	erasures: number;
	/** People who took back a consent, and were not erased since */
	withdrawals: number;
}

/** What a privacy report said: a text for each point of each thing it is about. */
export type ReportFacts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The privacy report of one month, as the next one is compared with it. */
export interface ReportVersion {
	/** YYYY-MM in UTC */
	month: string;
	/** ISO 8601 in UTC */
	madeAt: string;
	facts: ReportFacts;
}

/** A part of this installation, as it said itself how it is set up. */
export interface InstalledPart {
	kind: 'tracker' | 'retention' | 'sink';
	id: string;
	name: string;
	settings: Record<string, unknown>;
}

/** The same, with when it said so last: ISO 8601 in UTC. */
export interface NotedPart extends InstalledPart {
	notedAt: string;
}

/** What people can be counted by, besides their campaign. */
export const PEOPLE_COLUMNS = ['family', 'os', 'device', 'actor', 'segment'] as const;
export type PeopleColumn = (typeof PEOPLE_COLUMNS)[number];

/** A signing key as the store knows it: by a value that does not lead back to the key. */
export interface KnownKey {
	id: string;
	fingerprint: string;
}

/** Consent, the rights of the people tracked, and retention. Part of the tracking store. */
export interface PrivacyStore {
	/**
	 * Adds records in one transaction. A record id the store knows changes nothing. Records of people
	 * who were erased are kept under their key on the list of erased people.
	 */
	recordConsent(
		records: readonly ConsentRecord[],
		now: Date,
		keysOf: DenylistKeysOf,
	): Promise<{ recorded: number }>;
	/** Where a person stands; without a purpose, the strictest answer to any. */
	getConsent(recipientId: string, purpose: Purpose | null, now: Date): Promise<ConsentState>;
	/** Where a person stands on every purpose that something is known of. */
	listConsents(recipientId: string, now: Date): Promise<ConsentState[]>;
	/** Where several people stand on every purpose that something is known of, in one read. */
	listConsentsOf(recipientIds: readonly string[], now: Date): Promise<ConsentState[]>;
	/** Every record of one person, oldest first per purpose. */
	listConsentRecords(recipientId: string): Promise<ConsentRecord[]>;

	/** Whether one of these keys is on the list of erased people. */
	isDenied(denylistKeys: readonly string[]): Promise<boolean>;
	/** Which of these keys are on the list of erased people. */
	deniedAmong(denylistKeys: readonly string[]): Promise<ReadonlySet<string>>;
	/**
	 * Every name of a person: the given one in the normal form, and the ids and addresses that are
	 * registered together with it.
	 */
	namesOf(recipientId: string): Promise<string[]>;
	/** Puts keys on the list of erased people. Returns how many were not on it. */
	deny(denylistKeys: readonly string[], now: Date): Promise<number>;
	/**
	 * People of whom the store holds something although they are on the list of erased people, which
	 * is so after an older store was put back.
	 */
	findErased(denylistKeysOf: (recipientId: string) => readonly string[]): Promise<string[]>;
	exportSubject(subject: Subject): Promise<SubjectData>;
	/**
	 * Erases a person: puts all their names on the list of erased people, and then, in one
	 * transaction, removes their opens, counters, entries and addresses, out of all sums, and out of
	 * the files where the engine can. Proof of consent stays under the denylist key, with consents in
	 * force ended. Done again it finishes what a crash interrupted.
	 */
	eraseSubject(subject: Subject, now: Date): Promise<ErasureCounts>;

	/** Opens a request; one that is open already keeps the time at which it was asked first. */
	openPrivacyRequest(
		request: { recipientId: string; kind: PrivacyRequestKind },
		now: Date,
	): Promise<void>;
	/** Every open request, the oldest first. */
	listPrivacyRequests(): Promise<PrivacyRequest[]>;
	/** Closes a request that was answered; an erasure closes those of its person. Returns whether it was open. */
	closePrivacyRequest(request: { recipientId: string; kind: PrivacyRequestKind }): Promise<boolean>;

	/** Runs the steps of a retention plan, or counts what they would delete. */
	applyRetention(
		plan: readonly RetentionStep[],
		options: { dryRun: boolean },
	): Promise<RetentionCount[]>;
	/**
	 * Notes the signing keys that this store is used with.
	 *
	 * @returns the ids of keys it was used with before that are missing among these; then none is noted
	 */
	noteKeys(keys: readonly KnownKey[]): Promise<string[]>;
	/** Goes on without a signing key that is lost. Returns whether the store knew it. */
	giveUpKey(id: string): Promise<boolean>;
	/** The key that addresses are hashed with today; keys of other days are destroyed. */
	dailyKey(now: Date): Promise<{ key: Buffer; until: Date }>;
	/** Destroys the keys of days that are over. Returns how many there were. */
	destroyOldKeys(now: Date): Promise<number>;

	/** People with a counted open per campaign and, say, email client; each counts once per campaign. */
	countPeople(by: PeopleColumn): Promise<CountTable>;
	/** Counts what is kept. `endingBefore`: see `consentsEnding` */
	countKept(options: { now: Date; endingBefore: Date }): Promise<KeptData>;
	/** Counts what happened from the first moment to before the second. */
	countRightsUsed(window: { from: Date; to: Date }): Promise<RightsUsed>;
	/** Keeps what a privacy report said; the same month again replaces it. */
	savePrivacyReport(version: ReportVersion): Promise<void>;
	/** The last privacy report of an earlier month than this one. */
	getPrivacyReportBefore(month: string): Promise<ReportVersion | null>;
	/** Notes how a part is set up; the same kind and id again replaces it. */
	savePart(part: InstalledPart): Promise<void>;
	removePart(kind: InstalledPart['kind'], id: string): Promise<void>;
	listParts(): Promise<NotedPart[]>;
	/** Keeps a new probe email in place of the one before. */
	startProbe(probe: Omit<Probe, 'loads'>): Promise<void>;
	/** Adds a load to the probe it is of, if that is still kept; the first twenty stay. */
	noteProbeLoad(load: ProbeLoad): Promise<void>;
	/** The last probe email; `null` where none was made. */
	lastProbe(): Promise<Probe | null>;
}
