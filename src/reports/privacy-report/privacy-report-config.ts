import type { ConsentPolicy } from '../../tracking/consent/consent-policy';
import type { Jurisdiction } from '../../tracking/consent/jurisdictions';
import type { Purpose } from '../../tracking/event/purpose';
import type { TrackingMode } from '../../tracking/event/tracking-mode';
import type { IpReduction } from '../../tracking/minimise/minimise-ip';
import type { EventField } from '../../tracking/minimise/minimise-mode';
import type { PrivacyRequestKind } from '../../tracking/people/erasure';
import type { RetentionConfig } from '../../tracking/people/retention';

/** One place where opens come in: a trigger of a workflow, or a collector. */
export interface ReportedTracker {
	name: string;
	/** The operator's ceiling there */
	mode: TrackingMode;
	purpose: Purpose | null;
	policy: ConsentPolicy;
	/** Label that is written on its events */
	policyLabel: string;
	/** The preset it was set up with; `null` when set by hand */
	jurisdiction: Jurisdiction | null;
	keepAsAggregate: boolean;
	keep: { ip: IpReduction; userAgent: boolean; referer: boolean; acceptLanguage: boolean };
	/** The longest view time that is measured there; absent where none is */
	viewTimeLimitMs?: number;
}

/** One destination that opens are pushed to. */
export interface ReportedSink {
	name: string;
	/** Host or vendor that receives the data */
	destination: string;
	/** Country of the destination; `null` when nobody said */
	country: string | null;
	fields: readonly EventField[];
}

/** The live configuration, collected by the caller. */
export interface PrivacyReportConfig {
	generatedAt: Date;
	packageVersion: string;
	controller: {
		name: string;
		contact: string;
		representative: string | null;
		dataProtectionOfficer: string | null;
	};
	processors: ReadonlyArray<{ name: string; task: string; country: string | null }>;
	store: { kind: 'SQLite' | 'PostgreSQL'; location: string };
	trackers: readonly ReportedTracker[];
	sinks: readonly ReportedSink[];
	retention: RetentionConfig;
	/** Which policy governed how many stored opens, counted from the store */
	policies: ReadonlyArray<{ label: string | null; opens: number; firstAt: Date; lastAt: Date }>;
	/** Requests for a copy or an erasure that are not answered yet, the oldest first */
	openRequests: ReadonlyArray<{ kind: PrivacyRequestKind; askedAt: Date }>;
}
