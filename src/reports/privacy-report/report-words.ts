import type { KeptData, KeptOpens, RequestPart } from '../../storage/port/privacy-store';
import type { ConsentPolicy } from '../../tracking/consent/consent-policy';
import { JURISDICTION_PRESETS } from '../../tracking/consent/jurisdictions';
import type { EventField } from '../../tracking/event/event-fields';
import type { LinkPrecision } from '../../tracking/minimise/minimise-link';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import type { DataClass } from '../../tracking/people/retention';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';
import { ownRule } from './door-findings';

const POLICY_NAMES: Record<ConsentPolicy, string> = {
	'consent-required': 'Consent required',
	'objection-honoured': 'Objection honored',
};

/** What the classes of data are called. */
export const DATA_CLASS_NAMES: Record<DataClass, string> = {
	'raw-request': 'Requests as they arrive, before they are reduced',
	open: 'Single opens',
	'last-open-day': 'Day of the last open per recipient',
	'consent-proof': 'Proof of consent',
	denylist: 'Keyed hashes of erased people',
	aggregate: 'Counts',
};

/** What the parts of a request are called. */
export const REQUEST_PART_NAMES: Record<RequestPart, string> = {
	ip: 'IP address',
	userAgent: 'user agent',
	referer: 'referring page',
	acceptLanguage: 'languages',
};

/** What is stored one by one, in words: clicks are named where there are any. */
export function recordWords(kept: Pick<KeptData, 'opens'>): 'opens' | 'opens and clicks' {
	return kept.opens.some(({ clicks }) => clicks > 0) ? 'opens and clicks' : 'opens';
}

/** How many opens and clicks some groups hold. */
export function recordsIn(groups: readonly KeptOpens[]): number {
	return groups.reduce((sum, { opens, clicks }) => sum + opens + clicks, 0);
}

/** Whether only clicks fill a field. */
export function isOfClicks(field: EventField): boolean {
	return field.startsWith('link.');
}

/** How much of where a link leads is kept, in words. */
const LINK_WORDS: Record<LinkPrecision, string> = {
	site: 'the site that it leads to',
	page: 'the page that it leads to, without its query',
	whole: 'the whole address that it leads to',
};

/** Whether a place keeps a part of the request now. */
export function keepsPart({ mode, keep }: ReportedTracker, part: RequestPart): boolean {
	if (mode !== 'full') return false;
	return part === 'ip' ? keep.ip !== 'drop' : keep[part];
}

/** How a place is set up, point by point. */
export function trackerFacts(tracker: ReportedTracker): Array<[string, string]> {
	const { policy, purpose, jurisdiction, keep } = tracker;
	const preset = jurisdiction === null ? null : JURISDICTION_PRESETS[jurisdiction];
	const rule = ownRule(tracker);
	const kept = (Object.keys(REQUEST_PART_NAMES) as RequestPart[])
		.filter((part) => keepsPart(tracker, part))
		.map((part) => `${REQUEST_PART_NAMES[part]}${part === 'ip' ? ` (${keep.ip})` : ''}`);
	return [
		['Mode at most', tracker.mode],
		['Purpose', purpose ?? 'not stated'],
		['Policy', `${POLICY_NAMES[policy]} (${tracker.policyLabel})`],
		['This purpose', rule === 'exempt' ? 'needs no consent' : POLICY_NAMES[rule]],
		['Preset', preset ? `${preset.displayName}: ${preset.explanation}` : 'none, set by hand'],
		['A refused open', tracker.keepAsAggregate ? 'is kept as a bare count' : 'leaves nothing'],
		['Kept of the request', kept.join(', ') || 'nothing'],
		['For how long an image is held', imageHeldFact(tracker)],
		...clickFacts(tracker),
	];
}

/** Nothing where no clicks are recorded. */
function clickFacts(tracker: ReportedTracker): Array<[string, string]> {
	if (!tracker.clicks) return [];
	const rule = ownRule({ ...tracker, purpose: 'clicks' });
	const consent = rule === 'exempt' ? 'which needs no consent' : POLICY_NAMES[rule];
	const { fields, link, keeps } = MODE_STORES[tracker.mode];
	if (keeps === 'nothing' || keeps === 'last-open') {
		return [['Clicks', 'are followed; this mode keeps nothing of them']];
	}
	const destination = fields.includes('link.url') ? `, with ${LINK_WORDS[link]}` : '';
	return [['Clicks', `are recorded for the purpose clicks (${consent})${destination}`]];
}

function imageHeldFact(tracker: ReportedTracker): string {
	return measuresImageHeld(tracker)
		? `is measured up to ${(tracker.imageHoldLimitMs ?? 0) / 1000} s, of people who consented to the purpose image-held and load the image directly`
		: 'is not measured';
}

/** Whether a tracker is set to measure for how long images are held and has a mode that keeps it. */
export function measuresImageHeld({ imageHoldLimitMs, mode }: ReportedTracker): boolean {
	return Boolean(imageHoldLimitMs) && MODE_STORES[mode].fields.includes('imageHeldMs');
}

/** A date as YYYY-MM-DD in UTC. */
export function day(date: Date): string {
	return date.toISOString().slice(0, 10);
}

/** A number for people. */
export function count(value: number): string {
	return value.toLocaleString('en');
}

export function capitalized(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
