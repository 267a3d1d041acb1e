import type { ReportFacts } from '../../storage/port/privacy-store';
import { JURISDICTION_PRESETS } from '../../tracking/consent/jurisdictions';
import { TRACKING_MODES } from '../../tracking/event/tracking-mode';
import { retentionPlan } from '../../tracking/people/retention';
import { overdueRequests } from './kept-findings';
import { LEGAL_BASES, type PrivacyReportConfig } from './privacy-report-config';
import { count, DATA_CLASS_NAMES, trackerFacts } from './report-words';

/** What numbers are filed under; they change from month to month without anybody doing anything. */
const COUNTS = 'Counts';

/** What differs between two reports. */
export interface ReportChange {
	/** What it is about: a place, a destination, the periods, the counts */
	about: string;
	change: 'added' | 'removed' | 'changed';
	/** The point that changed; `null` where all of it is new or gone */
	what: string | null;
	before: string | null;
	now: string | null;
}

/** The month of a report, `YYYY-MM` in UTC. */
export function monthOf({ generatedAt }: Pick<PrivacyReportConfig, 'generatedAt'>): string {
	return generatedAt.toISOString().slice(0, 7);
}

/** What a report says that a later one can be compared with. Names no person. */
export function reportFacts(config: PrivacyReportConfig): ReportFacts {
	const { controller, legalBasis, jurisdictions, store } = config;
	const facts: Record<string, Readonly<Record<string, string>>> = {};
	const add = (about: string, points: Array<[string, string]>) => {
		let name = about;
		// Two places of one name are two.
		for (let number = 2; name in facts; number += 1) name = `${about} (${number})`;
		facts[name] = Object.fromEntries(points);
	};
	add('Roles', [
		['Controller', controller.name],
		['Contact', controller.contact],
		['Representative', controller.representative ?? 'none named'],
		['Data protection officer', controller.dataProtectionOfficer ?? 'none named'],
	]);
	add('Law', [
		['Legal basis', legalBasis === null ? 'not stated' : LEGAL_BASES[legalBasis]],
		[
			'Recipients are in',
			jurisdictions.map((name) => JURISDICTION_PRESETS[name].displayName).join(', ') ||
				'not stated',
		],
	]);
	add('Store', [['Kept in', `${store.kind}, ${store.location}`]]);
	for (const tracker of config.trackers) add(`Place: ${tracker.name}`, trackerFacts(tracker));
	for (const sink of config.sinks) {
		add(`Destination: ${sink.name}`, [
			['Destination', sink.destination],
			['Country', sink.country ?? 'not stated'],
			['Fields', sink.fields.join(', ') || 'none'],
		]);
	}
	for (const processor of config.processors) {
		add(`Processor: ${processor.name}`, [
			['Task', processor.task],
			['Country', processor.country ?? 'not stated'],
		]);
	}
	add(
		'Retention',
		retentionPlan(config.retention, config.generatedAt).map(({ dataClass, period }) => [
			DATA_CLASS_NAMES[dataClass],
			period,
		]),
	);
	add(
		COUNTS,
		keptCounts(config).map(([what, number]) => [what, count(number)]),
	);
	return facts;
}

/** How many of what there is. */
export function keptCounts(config: PrivacyReportConfig): Array<[string, number]> {
	const { kept, openRequests } = config;
	const opens = (mode?: string) =>
		kept.opens
			.filter(({ trackingMode }) => mode === undefined || trackingMode === mode)
			.reduce((sum, group) => sum + group.opens, 0);
	const clicks = kept.opens.reduce((sum, group) => sum + group.clicks, 0);
	const consents = (...statuses: string[]) =>
		kept.consents
			.filter(({ status }) => statuses.includes(status))
			.reduce((sum, { people }) => sum + people, 0);
	return [
		['People', kept.people],
		['People of whom the day of the last open is kept', kept.lastOpenDays],
		['Email addresses', kept.addresses],
		['Recipients with a segment', kept.segmented],
		['Messages noted as sent', kept.sentMessages],
		['Single opens', opens()],
		...(clicks > 0 ? [['Single clicks', clicks] as [string, number]] : []),
		...TRACKING_MODES.filter((mode) => opens(mode) > 0).map((mode): [string, number] => [
			`Single opens of mode ${mode}`,
			opens(mode),
		]),
		['People with a consent in force', consents('given', 'renewed')],
		['People whose consent ends soon', kept.consentsEnding],
		['People whose consent has expired', consents('expired')],
		['People who refused', consents('refused')],
		['People who withdrew', consents('withdrawn')],
		['Names of erased people', kept.erased],
		['Open requests', openRequests.length],
		['Overdue requests', overdueRequests(config)],
	];
}

/** What differs between an earlier report and this one, in the order of this one. */
export function changesBetween(before: ReportFacts, now: ReportFacts): ReportChange[] {
	const changes: ReportChange[] = [];
	for (const about of new Set([...Object.keys(now), ...Object.keys(before)])) {
		const [old, current] = [before[about], now[about]];
		if (old === undefined) {
			changes.push({ about, change: 'added', what: null, before: null, now: inLine(current) });
		} else if (current === undefined) {
			changes.push({ about, change: 'removed', what: null, before: inLine(old), now: null });
		} else {
			for (const what of new Set([...Object.keys(current), ...Object.keys(old)])) {
				if (old[what] === current[what]) continue;
				const [was, is] = [old[what] ?? null, current[what] ?? null];
				changes.push({ about, change: 'changed', what, before: was, now: is });
			}
		}
	}
	return changes;
}

/** Whether somebody set something anew, other than a number having moved. */
export function isSetupChange({ about }: ReportChange): boolean {
	return about !== COUNTS;
}

function inLine(points: Readonly<Record<string, string>>): string {
	return Object.entries(points)
		.map(([what, value]) => `${what}: ${value}`)
		.join('; ');
}
