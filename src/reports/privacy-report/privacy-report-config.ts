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
