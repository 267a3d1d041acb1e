/*
 * The tables of consent and privacy as the migrations leave them. Times are integer milliseconds
 * since 1970.
 */

/** One row per thing that happened to one person's consent for one purpose. */
export interface ConsentRecordsTable {
	record_id: string;
	/** The recipient id; after an erasure the person's key on the denylist */
	recipient_key: string;
	purpose: string;
	status: string;
	occurred_at: number;
	method: string;
	jurisdiction: string | null;
	notice_version: string | null;
	notice_hash: string | null;
	language: string | null;
	evidence: string | null;
	expires_at: number | null;
}

/** The text of each notice that was shown, once. */
export interface ConsentNoticesTable {
	/** SHA-256, see `noticeHash` */
	hash: string;
	text: string;
}

/** Where each person stands on each purpose: what `foldConsent` makes of the records. */
export interface ConsentStatesTable {
	recipient_key: string;
	purpose: string;
	status: string;
	/** The record that decides */
	record_id: string;
	/** When the consent ended or will end; null for one without end */
	ended_at: number | null;
}

/** Erased people, as keyed hashes that keep their old pixels silent. */
export interface DenylistTable {
	/** See `denylistKey` */
	id: string;
	since: number;
}

/** What people asked for on the consent page, until it is answered. */
export interface PrivacyRequestsTable {
	recipient_id: string;
	/** `copy` or `erasure` */
	kind: string;
	/** When it was asked first */
	asked_at: number;
}

/** The key of today's address hashes. Yesterday's is gone. */
export interface DailyKeysTable {
	/** YYYY-MM-DD in UTC */
	day: string;
	/** Base64 */
	key: string;
}

/** The signing keys that this store was used with. */
export interface SigningKeysTable {
	/** The key's own id */
	id: string;
	/** See `keyFingerprint` */
	fingerprint: string;
	/** 1 for a key that was given up */
	lost: number;
}

/** How the parts of this installation are set up, each as it said itself: for the privacy report. */
export interface InstalledPartsTable {
	kind: string;
	id: string;
	name: string;
	/** JSON */
	settings: string;
	updated_at: number;
}

export interface ConsentSchema {
	consent_records: ConsentRecordsTable;
	consent_notices: ConsentNoticesTable;
	consent_states: ConsentStatesTable;
	denylist: DenylistTable;
	privacy_requests: PrivacyRequestsTable;
	daily_keys: DailyKeysTable;
	signing_keys: SigningKeysTable;
	installed_parts: InstalledPartsTable;
}
