import type { RequestPart } from '../../storage/port/privacy-store';
import type { ConsentPolicy } from '../../tracking/consent/consent-policy';
import { JURISDICTION_PRESETS } from '../../tracking/consent/jurisdictions';
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
	];
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
