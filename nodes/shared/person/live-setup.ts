import type {
	PrivacyReportConfig,
	ReportedSink,
} from '../../../src/reports/privacy-report/privacy-report-config';
import type { PrivacyStore } from '../../../src/storage/port/privacy-store';
import { EVENT_FIELDS } from '../../../src/tracking/event/event-fields';
import { DEFAULT_RETENTION, type RetentionConfig } from '../../../src/tracking/people/retention';
import type { ReportedTracker } from '../../../src/tracking/receive/reported-tracker';
import { credentialOf, type WithCredential } from '../../shared/installation/credential';
import { storeSettingsOf } from '../../shared/installation/store';

/** How this installation is set up, as its parts said when they were published or ran last. */
export interface LiveSetup {
	trackers: ReportedTracker[];
	sinks: ReportedSink[];
	retention: RetentionConfig;
	/** When retention ran last; `null` when never */
	retentionRanAt: Date | null;
}

/** Where the store of a node is, in words and without an address. */
export async function placeOfStore(node: WithCredential): Promise<PrivacyReportConfig['store']> {
	const credential = await credentialOf(node);
	if (storeSettingsOf(credential).engine === 'embedded') {
		return { kind: 'SQLite', location: 'a file in the folder of n8n' };
	}
	const location = credential.connectionStringSecret
		? 'the database of the credential'
		: 'the PostgreSQL server that n8n itself is on';
	return { kind: 'PostgreSQL', location };
}

export async function liveSetup(store: Pick<PrivacyStore, 'listParts'>): Promise<LiveSetup> {
	const parts = await store.listParts();
	const retention = parts.find(({ kind }) => kind === 'retention');
	return {
		trackers: parts
			.filter(({ kind }) => kind === 'tracker')
			.map(({ name, settings }) => ({
				...(settings as unknown as Omit<ReportedTracker, 'name'>),
				name,
			})),
		sinks: parts
			.filter(({ kind }) => kind === 'sink')
			.map(({ name, settings }) => ({
				name,
				destination: text(settings.destination) ?? name,
				country: text(settings.country),
				fields: EVENT_FIELDS.filter(
					(field) => Array.isArray(settings.fields) && settings.fields.includes(field),
				),
			})),
		retention: {
			...DEFAULT_RETENTION,
			...(retention?.settings as Partial<RetentionConfig> | undefined),
		},
		retentionRanAt: retention === undefined ? null : new Date(retention.notedAt),
	};
}

function text(value: unknown): string | null {
	return typeof value === 'string' && value !== '' ? value : null;
}
