import { JURISDICTION_PRESETS } from '../../tracking/consent/jurisdictions';
import { isWithin } from '../../tracking/event/tracking-mode';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';
import type { PrivacyReportConfig } from './privacy-report-config';

/** Something an officer should look at, and what to do about it. */
export interface Finding {
	about: string;
	finding: string;
	todo: string;
}

/** Compares the configuration with its own presets and with what its modes store. */
export function privacyFindings(config: PrivacyReportConfig): Finding[] {
	return [
		...ofRequests(config),
		...config.trackers.flatMap(ofTracker),
		...ofSinks(config),
		...ofRetention(config),
		...ofPolicies(config),
		...ofRoles(config),
	];
}

function ofRequests({ openRequests }: PrivacyReportConfig): Finding[] {
	const [oldest] = openRequests;
	if (oldest === undefined) return [];
	const count = (kind: string) => openRequests.filter((request) => request.kind === kind).length;
	return [
		{
			about: 'Requests',
			finding: `Not answered yet: ${count('copy')} for a copy, ${count('erasure')} for an erasure; the oldest was asked on ${oldest.askedAt.toISOString().slice(0, 10)}`,
			todo: 'List them with Privacy → Get Open Requests, and answer within one month of asking (GDPR Art. 12(3))',
		},
	];
}

function ofTracker(tracker: ReportedTracker): Finding[] {
	const findings: Finding[] = [];
	const add = (finding: string, todo: string) =>
		findings.push({ about: tracker.name, finding, todo });
	const preset = tracker.jurisdiction === null ? null : JURISDICTION_PRESETS[tracker.jurisdiction];

	if (preset && !isWithin(tracker.mode, preset.ceiling)) {
		add(
			`Its mode "${tracker.mode}" is above what the preset ${preset.displayName} allows`,
			`Lower the mode to "${preset.ceiling}", or write down why more is needed`,
		);
	}
	if (preset?.policy === 'consent-required' && tracker.policy === 'objection-honoured') {
		add(
			`It tracks without consent, though the preset ${preset.displayName} asks for it`,
			'Set the policy to Consent Required',
		);
	}
	if (preset && tracker.policyLabel !== preset.label) {
		add(
			`Its events are labeled "${tracker.policyLabel}", but the preset is now "${preset.label}"`,
			'Choose the preset again so that new events carry its label',
		);
	}
	if (tracker.purpose === null && tracker.mode !== 'off' && tracker.mode !== 'aggregate') {
		add('It states no purpose', 'State one: consent is given per purpose (GDPR Art. 5(1)(b))');
	}
	if (tracker.mode === 'full' && tracker.keep.ip === 'keep') {
		add('It keeps whole addresses', 'Drop, truncate or hash the address');
	}
	return findings;
}

function ofSinks({ sinks, trackers }: PrivacyReportConfig): Finding[] {
	const stored = new Set(trackers.flatMap((tracker) => [...MODE_STORES[tracker.mode].fields]));
	return sinks.flatMap((sink) => {
		const findings: Finding[] = [];
		const empty = sink.fields.filter((field) => !stored.has(field));
		if (empty.length > 0 && trackers.length > 0) {
			findings.push({
				about: sink.name,
				finding: `It is set up to receive fields that no tracker keeps: ${empty.join(', ')}`,
				todo: 'Take them out of its mapping; they arrive empty',
			});
		}
		if (sink.country === null) {
			findings.push({
				about: sink.name,
				finding: 'Nobody stated the country of this destination',
				todo: 'State it; a transfer outside the EEA needs a basis (GDPR Art. 44 to 49)',
			});
		}
		return findings;
	});
}

function ofRetention({ retention }: PrivacyReportConfig): Finding[] {
	return (['open', 'last-open-day'] as const).flatMap((dataClass) =>
		retention[dataClass] === 'keep'
			? [
					{
						about: 'Retention',
						finding: `"${dataClass}" is kept without end`,
						todo: 'Set a period (GDPR Art. 5(1)(e))',
					},
				]
			: [],
	);
}

function ofPolicies({ policies }: PrivacyReportConfig): Finding[] {
	const unlabelled = policies.filter((policy) => policy.label === null);
	const opens = unlabelled.reduce((sum, policy) => sum + policy.opens, 0);
	if (opens === 0) return [];
	return [
		{
			about: 'Stored opens',
			finding: `${opens.toLocaleString('en')} of them do not say under which policy they came in`,
			todo: 'Delete them, or note where they were imported from',
		},
	];
}

function ofRoles({ controller, processors }: PrivacyReportConfig): Finding[] {
	const findings: Finding[] = [];
	if (controller.dataProtectionOfficer === null) {
		findings.push({
			about: 'Roles',
			finding: 'No data protection officer is named',
			todo: 'Name one, or note why none is needed (GDPR Art. 37)',
		});
	}
	for (const processor of processors.filter((p) => p.country === null)) {
		findings.push({
			about: processor.name,
			finding: 'Nobody stated the country of this processor',
			todo: 'State it; a transfer outside the EEA needs a basis (GDPR Art. 44 to 49)',
		});
	}
	return findings;
}
