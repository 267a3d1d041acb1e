import { ruleFor, type PurposeRule } from '../../tracking/consent/consent-policy';
import {
	JURISDICTION_PRESETS,
	type JurisdictionPreset,
} from '../../tracking/consent/jurisdictions';
import { isWithin } from '../../tracking/event/tracking-mode';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';
import type { Finding } from './finding';
import { LEGAL_BASES, type PrivacyReportConfig } from './privacy-report-config';

/** Compares each place where opens come in with the law it is said to be under. */
export function doorFindings(config: PrivacyReportConfig): Finding[] {
	return [
		...config.trackers.flatMap((tracker) => ofTracker(tracker, areasOf(tracker, config))),
		...ofLegalBasis(config),
	];
}

/** The rule that a place applies to its own purpose. */
export function ownRule({ policy, purpose, jurisdiction }: ReportedTracker): PurposeRule {
	const preset = jurisdiction === null ? null : JURISDICTION_PRESETS[jurisdiction];
	return ruleFor({ policy, purpose, purposeRules: preset?.purposeRules });
}

/** Whether a place keeps anything of one person. */
export function tracksPeople({ mode }: Pick<ReportedTracker, 'mode'>): boolean {
	return !isWithin(mode, 'aggregate');
}

/** The legal areas of a place: that of its own preset, and those where the recipients are. */
function areasOf(
	{ jurisdiction }: ReportedTracker,
	{ jurisdictions }: PrivacyReportConfig,
): JurisdictionPreset[] {
	const own = jurisdiction === null ? [] : [jurisdiction];
	return [...new Set([...own, ...jurisdictions])].map((name) => JURISDICTION_PRESETS[name]);
}

/** The areas in which a place would have to ask for consent first. */
function askingFirst(tracker: ReportedTracker, areas: JurisdictionPreset[]): JurisdictionPreset[] {
	if (!tracksPeople(tracker)) return [];
	const { purpose } = tracker;
	return areas.filter(
		({ policy, purposeRules }) => ruleFor({ policy, purpose, purposeRules }) === 'consent-required',
	);
}

function ofTracker(tracker: ReportedTracker, areas: JurisdictionPreset[]): Finding[] {
	const findings: Finding[] = [];
	const add = (finding: string, todo: string) =>
		findings.push({ about: tracker.name, finding, todo });
	const rule = ownRule(tracker);
	const preset = tracker.jurisdiction === null ? null : JURISDICTION_PRESETS[tracker.jurisdiction];

	for (const { displayName, ceiling } of areas.filter(
		(area) => !isWithin(tracker.mode, area.ceiling),
	)) {
		add(
			`Its mode "${tracker.mode}" is above what the preset ${displayName} allows`,
			`Lower the mode to "${ceiling}", or write down why more is needed`,
		);
	}
	const asking = askingFirst(tracker, areas);
	if (asking.length > 0 && rule !== 'consent-required') {
		add(
			`It tracks people ${rule === 'exempt' ? 'without asking' : 'until they object'}, though ${inWords(asking)} for consent first`,
			'Set its consent to that preset or to Consent Required, or its mode to aggregate',
		);
	}
	if (tracker.clicks && tracker.purpose !== 'clicks') {
		const ofClicks = { ...tracker, purpose: 'clicks' as const };
		const forClicks = askingFirst(ofClicks, areas);
		// Where the opens are at fault as well, they are named already.
		if (forClicks.length > 0 && ownRule(ofClicks) !== 'consent-required' && asking.length === 0) {
			add(
				`It records clicks without asking, though ${inWords(forClicks)} for consent to clicks first`,
				'Set its consent to that preset or to Consent Required, or switch Track Clicks off',
			);
		}
	}
	if (areas.length === 0 && tracksPeople(tracker) && rule === 'objection-honoured') {
		add(
			'It tracks people until they object, and nobody stated where the recipients are',
			'State it under Recipients Are In: in the EU and the UK consent comes first',
		);
	}
	if (preset && tracker.policyLabel !== preset.label) {
		add(
			`Its events are labeled "${tracker.policyLabel}", but the preset is now "${preset.label}"`,
			'Choose the preset again so that new events carry its label',
		);
	}
	if (tracker.purpose === null && tracksPeople(tracker)) {
		add('It states no purpose', 'State one: consent is given per purpose (GDPR Art. 5(1)(b))');
	}
	if (tracker.mode === 'full' && tracker.keep.ip === 'keep') {
		add('It keeps whole addresses', 'Drop, truncate or hash the address');
	}
	if (tracker.mode === 'full' && tracker.keep.ip !== 'drop' && rule !== 'consent-required') {
		add(
			'It keeps the IP address of people who have not consented',
			'Set its consent to Consent Required, or drop the address',
		);
	}
	return findings;
}

function ofLegalBasis(config: PrivacyReportConfig): Finding[] {
	const { legalBasis, trackers } = config;
	const about = 'Legal basis';
	if (legalBasis === null) {
		return [
			{
				about,
				finding: 'None is stated',
				todo: 'State it under Legal Basis (GDPR Art. 6(1)); recipients have to be told (Art. 13(1)(c))',
			},
		];
	}
	const tracking = trackers.filter(tracksPeople);
	if (legalBasis === 'consent') {
		const others = tracking.filter((tracker) => ownRule(tracker) === 'objection-honoured');
		return others.map((tracker) => ({
			about,
			finding: `It is consent, but "${tracker.name}" tracks people until they object`,
			todo: 'Set its consent to Consent Required, or state another basis for it',
		}));
	}
	const asking = new Set(tracking.flatMap((t) => askingFirst(t, areasOf(t, config))));
	if (asking.size === 0) return [];
	return [
		{
			about,
			finding: `It is "${LEGAL_BASES[legalBasis]}", though ${inWords([...asking])} for consent first`,
			todo: 'Rest the tracking on consent: reading from a device needs it whatever the basis of the rest is (ePrivacy Directive Art. 5(3))',
		},
	];
}

/** Areas and what they do, to be put into a sentence. */
function inWords(areas: readonly JurisdictionPreset[]): string {
	const names = areas.map(({ displayName }) => displayName);
	return names.length === 1
		? `the preset ${names[0]} asks`
		: `the presets ${names.slice(0, -1).join(', ')} and ${names.at(-1)} ask`;
}
