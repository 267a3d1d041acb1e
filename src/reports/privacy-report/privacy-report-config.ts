import type { KeptData } from '../../storage/port/privacy-store';
import type { Jurisdiction } from '../../tracking/consent/jurisdictions';
import type { EventField } from '../../tracking/event/event-fields';
import type { PrivacyRequestKind } from '../../tracking/people/erasure';
import type { RetentionConfig } from '../../tracking/people/retention';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';

/** One destination that opens are pushed to. */
export interface ReportedSink {
	name: string;
	/** Host or vendor that receives the data */
	destination: string;
	/** Country of the destination; `null` when nobody said */
	country: string | null;
	fields: readonly EventField[];
}

/** What the tracking rests on, of the grounds of GDPR Art. 6(1) that can carry it. */
export const LEGAL_BASES = {
	consent: 'Consent (GDPR Art. 6(1)(a))',
	contract: 'Contract (GDPR Art. 6(1)(b))',
	'legal-obligation': 'Legal obligation (GDPR Art. 6(1)(c))',
	'public-task': 'Public task (GDPR Art. 6(1)(e))',
	'legitimate-interests': 'Legitimate interests (GDPR Art. 6(1)(f))',
} as const;
export type LegalBasis = keyof typeof LEGAL_BASES;

/** How long before its end a consent is reported, so that there is time to ask again. */
export const CONSENT_ENDS_SOON_DAYS = 30;

/** The live configuration and what the store holds, collected by the caller. */
export interface PrivacyReportConfig {
	generatedAt: Date;
	packageVersion: string;
	controller: {
		name: string;
		contact: string;
		representative: string | null;
		dataProtectionOfficer: string | null;
	};
	/** `null` when nobody stated one */
	legalBasis: LegalBasis | null;
	/** Where the recipients are; empty when nobody said */
	jurisdictions: readonly Jurisdiction[];
	processors: ReadonlyArray<{ name: string; task: string; country: string | null }>;
	store: { kind: 'SQLite' | 'PostgreSQL'; location: string };
	trackers: readonly ReportedTracker[];
	sinks: readonly ReportedSink[];
	retention: RetentionConfig;
	/** When what passed its time was deleted last; `null` when never */
	retentionRanAt: Date | null;
	/** Counted from the rows; consents that end within `CONSENT_ENDS_SOON_DAYS` as ending */
	kept: KeptData;
	/** Requests for a copy or an erasure that are not answered yet, the oldest first */
	openRequests: ReadonlyArray<{ kind: PrivacyRequestKind; askedAt: Date }>;
}
