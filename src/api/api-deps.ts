import type { OpenToRecord } from '../intake/record-together';
import type { SetupFacts } from '../reports/setup-check/setup-facts';
import type { TrackingStore } from '../storage/port/tracking-store';
import type { WaitingReport } from '../storage/port/waiting-report';
import type { KeyRing } from '../tracking/links/key-ring';
import type { ErasureReceipt, SubjectExport } from '../tracking/people/erasure';
import type { ReceiveDeps, ReceiveSettings } from '../tracking/receive/receive-types';
import type { AccessRules } from './access-rules';

/** How often something may still be done; `rate-limiter-flexible` gives such objects. */
export interface RateLimiter {
	/** Takes one turn; rejects with `msBeforeNext` when there is none left */
	consume(key: string): Promise<unknown>;
}

/** The rights of the people tracked, by an id or address of theirs. */
export interface PersonRights {
	/** Everything that is held about them, as a document that names who answers for the tracking */
	exportPerson(
		recipientId: string,
		controller: { name: string; contact: string },
	): Promise<SubjectExport>;
	/** Records that they withdraw from every purpose */
	withdraw(recipientId: string): Promise<void>;
	/** Erases everything about them, also what waits on disk */
	erasePerson(recipientId: string): Promise<ErasureReceipt>;
}

/** Everything the HTTP APIs need from outside; they have no clock, randomness or store of their own. */
export interface ApiDeps {
	/** Who is let in to all but images; `null` where the operator chose to let in everybody */
	access(): Promise<AccessRules | null>;
	/** Whose pages may use the APIs in a browser */
	allowedOrigins: readonly string[];
	/** Opens the store. May fail: the pixel is still answered. */
	openStore(): Promise<TrackingStore>;
	/** Holds a read that an answer waits for to the limit of a lookup, and leaves a store alone that hangs */
	inTime<T>(ask: () => Promise<T>): Promise<T>;
	/** The keys that sign tracking links, and the address they start with, `https://host/webhook` */
	signing(): Promise<{ keyRing: KeyRing; baseUrl: string }>;
	receiveSettings: ReceiveSettings;
	receiveDeps: ReceiveDeps;
	/** The requester's address as far as the operator's own proxies vouch for it; else `null` */
	clientAddress(headers: Readonly<Record<string, string>>): string | null;
	/** Guards `generate-tokens` */
	tokenLimiter: RateLimiter;
	now(): Date;
	/** That many unpredictable bytes */
	randomBytes(size: number): Uint8Array;
	/** IANA name of the zone that pages show times in unless the reader chooses another */
	timeZone: string;
	/** Writes an open, or keeps it until the store is back; waits for the store no longer than that */
	recordOpen(open: OpenToRecord, limitMs: number): Promise<unknown>;
	/** What waits for the store, or can never be written */
	waitingOpens(): Promise<WaitingReport>;
	/** What an officer does for one person, from the page of that person */
	rights: PersonRights;
	/** What the setup is checked by; what cannot be found out is said in it */
	setupFacts(): Promise<SetupFacts>;
	/** What failed, for the operator's log; nothing of it is told to the requester */
	onError(error: unknown): void;
}
