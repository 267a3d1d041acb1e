import { REQUEST_PARTS, type KeptData, type RequestPart } from '../../storage/port/privacy-store';
import type { EventField } from '../../tracking/event/event-fields';
import { TRACKING_MODES } from '../../tracking/event/tracking-mode';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import type { ReportedTracker } from '../../tracking/receive/reported-tracker';
import type { PrivacyReportConfig } from './privacy-report-config';
import {
	capitalized,
	count,
	DATA_CLASS_NAMES,
	isOfClicks,
	keepsPart,
	recordsIn,
	recordWords,
	REQUEST_PART_NAMES,
} from './report-words';

/** How long one class of data stays. */
export interface RetentionLine {
	what: string;
	period: string;
	countsFrom: string;
	deleteBefore: string;
	because: string;
}

/** The stored opens of one policy. */
export interface KeptPolicy {
	label: string;
	opens: string;
	first: string;
	last: string;
}

/** One kind of data: who is set to keep it now, and how much of it is kept. */
export interface KeptLine {
	what: string;
	setBy: string;
	kept: string;
}

/** What is kept, counted from the rows, beside what is set now. */
export function keptLines({ kept, trackers }: PrivacyReportConfig): KeptLine[] {
	const records = capitalized(recordWords(kept));
	const named = (by: (tracker: ReportedTracker) => boolean) =>
		trackers
			.filter(by)
			.map(({ name }) => name)
			.join(', ') || 'nowhere';
	const ofMode = TRACKING_MODES.map((mode) => {
		const groups = kept.opens.filter(({ trackingMode }) => trackingMode === mode);
		const times = groups.flatMap(({ firstAt, lastAt }) => [firstAt, lastAt]).sort();
		const opens = recordsIn(groups);
		const span = opens === 0 ? '' : `, ${times[0].slice(0, 10)} to ${times.at(-1)?.slice(0, 10)}`;
		return {
			what: `${records} of mode ${mode}`,
			setBy: named((tracker) => tracker.mode === mode),
			opens,
			kept: `${count(opens)}${span}`,
		};
	});
	const clicks = kept.opens.reduce((sum, group) => sum + group.clicks, 0);
	const destinations = kept.opens.reduce((sum, group) => sum + group.destinations, 0);
	const withClicks = named((tracker) => tracker.clicks === true);
	const ofClicks = [
		{ what: 'Clicks, kept for the purpose clicks', opens: clicks },
		{ what: 'Clicks with where the link leads', opens: destinations },
	].map((line) => ({ ...line, setBy: withClicks, kept: count(line.opens) }));
	const ofRequest = REQUEST_PARTS.map((part) => ({
		what: `${records} with the ${REQUEST_PART_NAMES[part]}`,
		setBy: named((tracker) => keepsPart(tracker, part)),
		opens: keptPart(kept, part),
		kept: count(keptPart(kept, part)),
	}));
	const actors = [...new Set(kept.opens.map(({ actor }) => actor))].sort().map((actor) => {
		const groups = kept.opens.filter((group) => group.actor === actor);
		const opens = recordsIn(groups);
		return { what: `${records} by actor ${actor}`, setBy: 'every place', kept: count(opens) };
	});
	return [
		...ofMode.filter(({ opens, setBy }) => opens > 0 || setBy !== 'nowhere'),
		...ofRequest.filter(({ opens, setBy }) => opens > 0 || setBy !== 'nowhere'),
		...ofClicks.filter(({ opens, setBy }) => opens > 0 || setBy !== 'nowhere'),
		...actors,
		{
			what: 'Days of the last open',
			setBy: named(({ mode }) => mode === 'hygiene'),
			kept: count(kept.lastOpenDays),
		},
		{
			what: 'Email addresses of recipients',
			setBy: 'Recipient → Add Many, generate-tokens of the Mail Tracker API',
			kept: count(kept.addresses),
		},
		{
			what: 'Recipients with a segment',
			setBy: 'Create Tracking Link, Recipient → Add Many, Register Sent and Set Segments',
			kept: count(kept.segmented),
		},
		{
			what: 'Messages noted as sent',
			setBy: 'Recipient → Register Sent',
			kept: count(kept.sentMessages),
		},
	];
}

/** How many stored opens and clicks hold a part of the request. */
export function keptPart(kept: KeptData, part: RequestPart): number {
	return kept.opens.reduce((sum, { request }) => sum + request[part], 0);
}

/** How many stored opens came in under which policy. */
export function keptPolicies(kept: KeptData): KeptPolicy[] {
	return [...new Set(kept.opens.map(({ policy }) => policy))].map((label) => {
		const groups = kept.opens.filter(({ policy }) => policy === label);
		const times = groups.flatMap(({ firstAt, lastAt }) => [firstAt, lastAt]).sort();
		return {
			label: label ?? 'none recorded',
			opens: count(recordsIn(groups)),
			first: times[0].slice(0, 10),
			last: times.at(-1)?.slice(0, 10) ?? '–',
		};
	});
}

/** Data that lives as long as the single opens it belongs to, and what a request leaves. */
export function retentionWithOpens(
	{ kept, trackers }: PrivacyReportConfig,
	ofPlan: RetentionLine[],
): RetentionLine[] {
	const opens = ofPlan.find(({ what }) => what === DATA_CLASS_NAMES.open);
	if (opens === undefined) return [];
	const { period, deleteBefore } = opens;
	const parts = REQUEST_PARTS.filter(
		(part) => keptPart(kept, part) > 0 || trackers.some((tracker) => keepsPart(tracker, part)),
	);
	return [
		...parts.map((part) => ({
			what: `${capitalized(REQUEST_PART_NAMES[part])} of an open, where mode full keeps it`,
			period,
			countsFrom: 'the open',
			deleteBefore,
			because: 'it goes with its open',
		})),
		...(kept.opens.some(({ clicks }) => clicks > 0) || trackers.some(({ clicks }) => clicks)
			? [
					{
						what: 'Single clicks, with where the link leads',
						period,
						countsFrom: 'the click',
						deleteBefore,
						because: 'they are kept as opens are',
					},
				]
			: []),
		{
			what: 'Recipients with their email addresses',
			period,
			countsFrom: 'the last load by them or email to them',
			deleteBefore,
			because:
				'they go after their last open; one that nothing was sent to and that loaded nothing stays until it is deleted',
		},
		{
			what: 'Segments of recipients',
			period,
			countsFrom: 'the last load by them or email to them',
			deleteBefore,
			because: 'they go with the recipient; as long as nothing was sent or loaded they stay',
		},
		{
			what: 'Messages noted as sent',
			period,
			countsFrom: 'the last load by their recipient or email to them',
			deleteBefore,
			because: 'they go with the recipient',
		},
		{
			what: 'Requests for a copy or an erasure',
			period: 'until answered',
			countsFrom: 'the request',
			deleteBefore: '–',
			because: 'nothing is kept of one that is closed',
		},
	];
}

/** What the stored opens hold; held times are known from where they are measured. */
export function keptFields(kept: KeptData): EventField[] {
	const modes = new Set(kept.opens.map(({ trackingMode }) => trackingMode));
	const fields = [...modes].flatMap((mode) => [...MODE_STORES[mode].fields]);
	const empty = new Set<EventField>(
		REQUEST_PARTS.filter((part) => keptPart(kept, part) === 0).map(
			(part) => `request.${part}` as const,
		),
	);
	const hasClicks = kept.opens.some(({ clicks }) => clicks > 0);
	return fields.filter(
		(field) =>
			!empty.has(field) &&
			field !== 'imageHeldMs' &&
			field !== 'imageHeldMeasurable' &&
			(hasClicks || !isOfClicks(field)),
	);
}
