import type { ConsentPolicy } from '../../tracking/consent/consent-policy';
import { ruleFor } from '../../tracking/consent/consent-policy';
import { JURISDICTION_PRESETS } from '../../tracking/consent/jurisdictions';
import type { EventField } from '../../tracking/event/event-fields';
import { isWithin, TRACKING_MODES } from '../../tracking/event/tracking-mode';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import { retentionPlan } from '../../tracking/people/retention';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';
import { render } from '../render';
import type { PrivacyReportConfig } from './privacy-report-config';
import { privacyFindings, type Finding } from './privacy-report-findings';

/**
 * The privacy report of an installation: what each mode stores, where it flows, how long it stays,
 * under which policy it came in, an entry for the record of processing activities (GDPR Art.
 * 30(1)) and notes for an impact assessment (Art. 35(7)). Everything in it comes from `config` and
 * from the same tables the minimiser works by.
 *
 * @returns one HTML page without scripts or external requests
 */
export function privacyReport(config: PrivacyReportConfig): string {
	return render('privacy-report/privacy-report', view(config));
}

const POLICY_NAMES: Record<ConsentPolicy, string> = {
	'consent-required': 'Consent required',
	'objection-honoured': 'Objection honored',
};

const DATA_CLASS_NAMES = {
	'raw-request': 'Address and user agent as they arrive',
	open: 'Single opens',
	'last-open-day': 'Day of the last open per recipient',
	'consent-proof': 'Proof of consent',
	denylist: 'Keyed hashes of erased people',
	aggregate: 'Counts',
};

const RECIPIENT_WORDS = { none: 'no', id: 'yes, by id', pseudonym: 'by a pseudonym per campaign' };
const KEEPS_WORDS = {
	nothing: 'nothing',
	counters: 'counts',
	'last-open': 'one row per recipient, overwritten',
	'every-open': 'each open',
};

/** What the template shows, in words. */
interface ReportView {
	config: PrivacyReportConfig;
	generatedAt: string;
	findings: Finding[];
	trackers: Array<{ name: string; facts: Array<[string, string]> }>;
	modes: Array<{
		mode: string;
		used: boolean;
		summary: string;
		recipient: string;
		time: string;
		keeps: string;
		fields: string;
	}>;
	sinks: Array<{ name: string; destination: string; country: string; fields: string }>;
	retention: Array<{
		what: string;
		period: string;
		countsFrom: string;
		deleteBefore: string;
		because: string;
	}>;
	policies: Array<{ label: string; opens: string; first: string; last: string }>;
	record: Array<{ article: string; what: string; lines: string[] }>;
	risks: Array<{ risk: string; reducedBy: string }>;
	purposes: string;
	sources: string[];
}

function view(config: PrivacyReportConfig): ReportView {
	const used = new Set(config.trackers.map((tracker) => tracker.mode));
	const plan = retentionPlan(config.retention, config.generatedAt);
	const presets = [
		...new Set(config.trackers.flatMap((t) => (t.jurisdiction === null ? [] : [t.jurisdiction]))),
	].map((name) => JURISDICTION_PRESETS[name]);

	const retention = plan.map((step) => ({
		what: DATA_CLASS_NAMES[step.dataClass],
		period: step.period,
		countsFrom: step.countsFrom,
		deleteBefore: step.deleteBefore ? day(step.deleteBefore) : '–',
		because: step.because,
	}));
	return {
		config,
		generatedAt: `${config.generatedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
		findings: privacyFindings(config),
		trackers: config.trackers.map((tracker) => ({
			name: tracker.name,
			facts: trackerFacts(tracker),
		})),
		modes: TRACKING_MODES.map((mode) => {
			const rule = MODE_STORES[mode];
			return {
				mode,
				used: used.has(mode),
				summary: rule.summary,
				recipient: RECIPIENT_WORDS[rule.recipient],
				time: rule.keeps === 'nothing' ? 'none' : rule.time,
				keeps: KEEPS_WORDS[rule.keeps],
				fields: rule.fields.join(', ') || 'none',
			};
		}),
		sinks: config.sinks.map((sink) => ({
			name: sink.name,
			destination: sink.destination,
			country: sink.country ?? 'not stated',
			fields: sink.fields.join(', ') || 'none',
		})),
		retention,
		policies: config.policies.map((policy) => ({
			label: policy.label ?? 'none recorded',
			opens: policy.opens.toLocaleString('en'),
			first: day(policy.firstAt),
			last: day(policy.lastAt),
		})),
		record: recordOfProcessing(config, retention),
		risks: risks(config),
		purposes: purposesOf(config).join(', '),
		sources: [...new Set(presets.flatMap((preset) => preset.sources))],
	};
}

function trackerFacts(tracker: ReportedTracker): Array<[string, string]> {
	const { policy, purpose, jurisdiction, keep } = tracker;
	const preset = jurisdiction === null ? null : JURISDICTION_PRESETS[jurisdiction];
	const rule = ruleFor({ policy, purpose, purposeRules: preset?.purposeRules });
	const kept = [
		keep.ip === 'drop' ? null : `address (${keep.ip})`,
		keep.userAgent ? 'user agent' : null,
		keep.referer ? 'referring page' : null,
		keep.acceptLanguage ? 'languages' : null,
	].filter((part) => part !== null);
	return [
		['Mode at most', tracker.mode],
		['Purpose', purpose ?? 'not stated'],
		['Policy', `${POLICY_NAMES[policy]} (${tracker.policyLabel})`],
		['This purpose', rule === 'exempt' ? 'needs no consent' : POLICY_NAMES[rule]],
		['Preset', preset ? `${preset.displayName}: ${preset.explanation}` : 'none, set by hand'],
		['A refused open', tracker.keepAsAggregate ? 'is kept as a bare count' : 'leaves nothing'],
		['Kept of the request', tracker.mode === 'full' ? kept.join(', ') || 'nothing' : 'nothing'],
		['For how long an image is held', imageHeldFact(tracker)],
	];
}

function imageHeldFact(tracker: ReportedTracker): string {
	return measuresImageHeld(tracker)
		? `is measured up to ${(tracker.imageHoldLimitMs ?? 0) / 1000} s, of people who consented to the purpose image-held and load the image directly`
		: 'is not measured';
}

/** Whether a tracker is set to measure for how long images are held and has a mode that keeps it. */
function measuresImageHeld({ imageHoldLimitMs, mode }: ReportedTracker): boolean {
	return Boolean(imageHoldLimitMs) && MODE_STORES[mode].fields.includes('imageHeldMs');
}

/** What the opens of a tracker can hold. */
function fieldsOf(tracker: ReportedTracker): EventField[] {
	const { fields } = MODE_STORES[tracker.mode];
	if (measuresImageHeld(tracker)) return [...fields];
	return fields.filter((field) => field !== 'imageHeldMs' && field !== 'imageHeldMeasurable');
}

/** The purpose of a tracker's opens, and that of measuring for how long images are held where it does. */
function purposesOfTracker(tracker: ReportedTracker): string[] {
	const own = tracker.purpose ?? 'not stated';
	return measuresImageHeld(tracker) ? [own, 'image-held'] : [own];
}

function purposesOf(config: PrivacyReportConfig): string[] {
	return [...new Set(config.trackers.flatMap(purposesOfTracker))].sort();
}

/** The points of GDPR Art. 30(1), each filled from the configuration. */
function recordOfProcessing(
	config: PrivacyReportConfig,
	retention: ReportView['retention'],
): ReportView['record'] {
	const { controller, sinks, processors, trackers } = config;
	const fields = [...new Set(trackers.flatMap(fieldsOf))];
	const abroad = [
		...sinks.map((sink) => `${sink.name}: ${sink.country ?? 'country not stated'}`),
		...processors.map((p) => `${p.name}: ${p.country ?? 'country not stated'}`),
	];
	return [
		{
			article: '30(1)(a)',
			what: 'Controller',
			lines: [
				`${controller.name}, ${controller.contact}`,
				`Representative: ${controller.representative ?? 'none named'}`,
				`Data protection officer: ${controller.dataProtectionOfficer ?? 'none named'}`,
			],
		},
		{
			article: '30(1)(b)',
			what: 'Purposes',
			lines: trackers.map((tracker) => `${tracker.name}: ${purposesOfTracker(tracker).join(', ')}`),
		},
		{
			article: '30(1)(c)',
			what: 'People and data',
			lines: ['People: recipients of mails', `Data: ${fields.join(', ') || 'none'}`],
		},
		{
			article: '30(1)(d)',
			what: 'Recipients',
			lines: [
				...sinks.map((sink) => `${sink.name} (${sink.destination})`),
				...processors.map((processor) => `${processor.name}, ${processor.task}`),
			],
		},
		{ article: '30(1)(e)', what: 'Third countries', lines: abroad },
		{
			article: '30(1)(f)',
			what: 'Time limits',
			lines: retention.map((step) => `${step.what}: ${step.period}`),
		},
		{
			article: '30(1)(g)',
			what: 'Security measures',
			lines: [
				`Opens are kept in ${config.store.kind}, ${config.store.location}`,
				'Every request is reduced before anything is stored',
				'The answer is the same for valid, withdrawn, erased and forged links',
				...(trackers.some(measuresImageHeld)
					? [
							'Only to people who consented to image-held it may differ: it stays open after the image',
						]
					: []),
				'Pseudonyms, address hashes and the list of erased people use keys of their own',
			],
		},
	].map((entry) => ({ ...entry, lines: entry.lines.length > 0 ? entry.lines : ['none'] }));
}

function risks(config: PrivacyReportConfig): ReportView['risks'] {
	const modes = new Set(config.trackers.map((tracker) => tracker.mode));
	const individual = ['hygiene', 'pseudonymous', 'identified', 'full'] as const;
	const ungated = config.trackers.filter((tracker) => {
		const { jurisdiction } = tracker;
		const preset = jurisdiction === null ? null : JURISDICTION_PRESETS[jurisdiction];
		const rule = ruleFor({ ...tracker, purposeRules: preset?.purposeRules });
		return rule === 'objection-honoured' && !isWithin(tracker.mode, 'aggregate');
	});
	return [
		{
			risk: 'People do not notice that they are tracked',
			reducedBy:
				ungated.length === 0
					? 'Nothing is stored about a person who has not consented, save for exempt purposes'
					: `Only objections end tracking for: ${ungated.map((t) => t.name).join(', ')}. The notice and the link to object must be plain`,
		},
		{
			risk: 'Reading habits of one person become visible',
			reducedBy: individual.some((mode) => modes.has(mode))
				? `Modes in use: ${[...modes].join(', ')}. Opens are deleted by the periods above`
				: 'No mode in use keeps anything per recipient',
		},
		{
			risk: 'The address gives away where somebody is',
			reducedBy: config.trackers.some((t) => t.mode === 'full' && t.keep.ip !== 'drop')
				? 'Some trackers keep a form of the address, see above'
				: 'Addresses are used for a moment to tell machines from people, and never stored',
		},
		{
			risk: 'A withdrawal does not reach mails that were already sent',
			reducedBy: 'Consent is checked each time a pixel is asked for, before anything is stored',
		},
		{
			risk: 'Machines are taken for people',
			reducedBy:
				'Each open carries the actor it was judged to be, and why; decisions about a person should never rest on one open',
		},
	];
}

function day(date: Date): string {
	return date.toISOString().slice(0, 10);
}
