import type { ReportVersion } from '../../storage/port/privacy-store';
import { JURISDICTION_PRESETS } from '../../tracking/consent/jurisdictions';
import type { EventField } from '../../tracking/event/event-fields';
import { TRACKING_MODES } from '../../tracking/event/tracking-mode';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import { retentionPlan } from '../../tracking/people/retention';
import { purposesOfPlace, type ReportedTracker } from '../../tracking/receive/reported-tracker';
import { render } from '../render';
import { ownRule, tracksPeople } from './door-findings';
import type { Finding } from './finding';
import {
	keptFields,
	keptLines,
	keptPart,
	keptPolicies,
	retentionWithOpens,
	type KeptLine,
	type KeptPolicy,
	type RetentionLine,
} from './kept-lines';
import { LEGAL_BASES, type PrivacyReportConfig } from './privacy-report-config';
import { privacyFindings } from './privacy-report-findings';
import { changesBetween, keptCounts, reportFacts, type ReportChange } from './report-facts';
import {
	capitalized,
	count,
	DATA_CLASS_NAMES,
	day,
	keepsPart,
	isOfClicks,
	measuresImageHeld,
	recordWords,
	trackerFacts,
} from './report-words';

/**
 * The privacy report of an installation: what each mode stores, where it flows, how long it stays,
 * under which policy it came in, an entry for the record of processing activities (GDPR Art.
 * 30(1)), notes for an impact assessment (Art. 35(7)), and what changed since an earlier one.
 * Everything in it comes from `config` and from the same tables the minimizer works by.
 *
 * @param earlier the report of an earlier month; `null` when there is none
 * @returns one HTML page without scripts or external requests
 */
export function privacyReport(config: PrivacyReportConfig, earlier: ReportVersion | null): string {
	return render('privacy-report/privacy-report', view(config, earlier));
}

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
	/** The month compared with, and what changed since; `null` when there is none */
	earlier: { month: string; changes: ReportChange[] } | null;
	counts: Array<[string, string]>;
	trackers: Array<{ name: string; facts: Array<[string, string]> }>;
	kept: KeptLine[];
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
	retention: RetentionLine[];
	/** What is stored one by one */
	records: string;
	policies: KeptPolicy[];
	record: Array<{ article: string; what: string; lines: string[] }>;
	risks: Array<{ risk: string; reducedBy: string }>;
	purposes: string;
	sources: string[];
}

function view(config: PrivacyReportConfig, earlier: ReportVersion | null): ReportView {
	const used = new Set(config.trackers.map((tracker) => tracker.mode));
	const plan = retentionPlan(config.retention, config.generatedAt);
	const presets = [
		...new Set([
			...config.trackers.flatMap((t) => (t.jurisdiction === null ? [] : [t.jurisdiction])),
			...config.jurisdictions,
		]),
	].map((name) => JURISDICTION_PRESETS[name]);

	const ofPlan = plan.map((step) => ({
		what: DATA_CLASS_NAMES[step.dataClass],
		period: step.period,
		countsFrom: step.countsFrom,
		deleteBefore: step.deleteBefore ? day(step.deleteBefore) : '–',
		because: step.because,
	}));
	const retention = [...ofPlan, ...retentionWithOpens(config, ofPlan)];
	return {
		config,
		generatedAt: `${config.generatedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
		findings: privacyFindings(config),
		earlier: earlier && {
			month: earlier.month,
			changes: changesBetween(earlier.facts, reportFacts(config)),
		},
		counts: keptCounts(config).map(([what, number]) => [what, count(number)]),
		trackers: config.trackers.map((tracker) => ({
			name: tracker.name,
			facts: trackerFacts(tracker),
		})),
		kept: keptLines(config),
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
		records: capitalized(recordWords(config.kept)),
		policies: keptPolicies(config.kept),
		record: recordOfProcessing(config, retention),
		risks: risks(config),
		purposes: purposesOf(config).join(', '),
		sources: [...new Set(presets.flatMap((preset) => preset.sources))],
	};
}

/** What the opens of a tracker can hold. */
function fieldsOf(tracker: ReportedTracker): EventField[] {
	const measures = measuresImageHeld(tracker);
	return MODE_STORES[tracker.mode].fields.filter(
		(field) =>
			(measures || (field !== 'imageHeldMs' && field !== 'imageHeldMeasurable')) &&
			(tracker.clicks || !isOfClicks(field)),
	);
}

/**
 * The purpose of a tracker's opens, that of clicks where it records them, and that of measuring for
 * how long images are held where it does.
 */
function purposesOfTracker(tracker: ReportedTracker): string[] {
	const own = purposesOfPlace(tracker).map((purpose) => purpose ?? 'not stated');
	return measuresImageHeld(tracker) ? [...own, 'image-held'] : own;
}

function purposesOf(config: PrivacyReportConfig): string[] {
	return [...new Set(config.trackers.flatMap(purposesOfTracker))].sort();
}

/** The points of GDPR Art. 30(1), each filled from the configuration. */
function recordOfProcessing(
	config: PrivacyReportConfig,
	retention: ReportView['retention'],
): ReportView['record'] {
	const { controller, sinks, processors, trackers, kept, legalBasis } = config;
	const fields = [...new Set([...trackers.flatMap(fieldsOf), ...keptFields(kept)])];
	const data = [
		...fields,
		...(kept.addresses > 0 ? ['email addresses of recipients'] : []),
		...(kept.sentMessages > 0 ? ['messages noted as sent'] : []),
		...(kept.consents.length > 0 ? ['consents and objections'] : []),
	];
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
			lines: [
				...trackers.map((tracker) => `${tracker.name}: ${purposesOfTracker(tracker).join(', ')}`),
				`Legal basis: ${legalBasis === null ? 'not stated' : LEGAL_BASES[legalBasis]}`,
			],
		},
		{
			article: '30(1)(c)',
			what: 'People and data',
			lines: ['People: recipients of emails', `Data: ${data.join(', ') || 'none'}`],
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
				`${capitalized(recordWords(kept))} are kept in ${config.store.kind}, ${config.store.location}`,
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
	const modes = new Set([
		...config.trackers.map((tracker) => tracker.mode),
		...config.kept.opens.map(({ trackingMode }) => trackingMode),
	]);
	const individual = ['hygiene', 'pseudonymous', 'identified', 'full'] as const;
	const ungated = config.trackers.filter(
		(tracker) => ownRule(tracker) === 'objection-honoured' && tracksPeople(tracker),
	);
	const keptIps = keptPart(config.kept, 'ip');
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
			reducedBy: config.trackers.some((tracker) => keepsPart(tracker, 'ip'))
				? 'Some places keep a form of the address, see above'
				: keptIps > 0
					? `No place keeps the address now, but ${count(keptIps)} stored opens still hold it`
					: 'Addresses are used for a moment to tell machines from people, and never stored',
		},
		{
			risk: 'A withdrawal does not reach emails that were already sent',
			reducedBy: 'Consent is checked each time a pixel is asked for, before anything is stored',
		},
		{
			risk: 'Machines are taken for people',
			reducedBy:
				'Each open carries the actor it was judged to be, and why; decisions about a person should never rest on one open',
		},
	];
}
