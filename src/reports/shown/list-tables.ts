import type { FoundRecipient } from '../../storage/port/answers-store';
import type { CampaignCounts, Pixel } from '../../storage/port/counts';
import { linkTo, type Frame } from './frame';
import { shownDuration, shownTime } from './local-time';
import { clicksCell, hasClicks } from './shown-clicks';
import { machineShare, shownCount, shownShare } from './shown-open';
import { intervalText } from './shown-rates';
import type { Cell, Column, Table } from './table';

/** A column, and what stands in it for one entry of the list. */
interface Line<Entry> extends Pick<Column, 'name' | 'kind'> {
	/** The order of the list in which it leads */
	sort?: string;
	cell(entry: Entry, frame: Frame): Cell;
	/** Left out where this holds for no entry */
	onlyWhere?(entry: Entry): boolean;
}

const CAMPAIGN_LINES: ReadonlyArray<Line<CampaignCounts>> = [
	{
		name: 'Campaign',
		kind: 'name',
		sort: 'name',
		cell: ({ campaignId }, frame) => ({
			text: campaignId,
			href: linkTo(frame, 'campaign', { id: campaignId }),
		}),
	},
	{ name: 'Sent', kind: 'num', sort: 'sent', cell: ({ sent }) => ({ text: shownCount(sent) }) },
	{
		name: 'Confirmed',
		kind: 'num',
		sort: 'confirmed',
		cell: ({ rates }) => ({ text: shownShare(rates.confirmed.rate) }),
	},
	{
		name: 'Likely',
		kind: 'num',
		sort: 'likely',
		cell: ({ rates }) => ({ text: shownShare(rates.likely.rate), sub: intervalText(rates) }),
	},
	{
		name: 'Possible',
		kind: 'num',
		cell: ({ rates }) => ({ text: shownShare(rates.possible.rate) }),
	},
	{
		name: 'Unique opens',
		kind: 'num',
		sort: 'uniqueOpens',
		cell: ({ uniqueOpens }) => ({ text: shownCount(uniqueOpens) }),
	},
	{
		name: 'Opens',
		kind: 'num',
		sort: 'opens',
		cell: ({ opens }) => ({ text: shownCount(opens) }),
	},
	{
		name: 'Machine share',
		kind: 'num',
		cell: (campaign) => ({ text: shownShare(machineShare(campaign)) }),
	},
	{
		name: 'Click rate',
		kind: 'num',
		sort: 'clicked',
		onlyWhere: (campaign) => hasClicks([campaign]),
		// Click-to-open stands in the same column, since the table is as wide as a screen.
		cell: ({ clickRates }) => ({
			text: shownShare(clickRates?.clicked.rate ?? null),
			sub: clickRates === null ? null : `${shownShare(clickRates.clickToOpen.rate)} of openers`,
		}),
	},
	{
		name: 'Last open',
		kind: 'wide',
		sort: 'lastOpen',
		cell: ({ lastOpenAt }, frame) => timeCell(lastOpenAt, frame),
	},
];

const PIXEL_LINES: ReadonlyArray<Line<Pixel>> = [
	{
		name: 'Pixel',
		kind: 'name',
		sort: 'name',
		cell: ({ id, name, createdAt, sample }, frame) => ({
			text: name,
			href: linkTo(frame, `logs/${encodeURIComponent(id)}`),
			tag: sample ? 'Sample' : null,
			sub: `created ${shownTime(createdAt, frame.timeZone, frame.now)?.text}`,
		}),
	},
	{
		name: 'Campaign',
		cell: ({ campaignId }, frame) =>
			campaignId === null
				? { text: '–' }
				: { text: campaignId, href: linkTo(frame, 'campaign', { id: campaignId }) },
	},
	{
		name: 'Recipients',
		kind: 'num',
		cell: ({ counts }) => ({ text: shownCount(counts.recipients) }),
	},
	{
		name: 'Unique opens',
		kind: 'num',
		sort: 'uniqueOpens',
		cell: ({ counts }) => ({ text: shownCount(counts.uniqueOpens) }),
	},
	{
		name: 'Opens',
		kind: 'num',
		sort: 'opens',
		cell: ({ counts }) => ({ text: shownCount(counts.opens) }),
	},
	{
		name: 'Machine loads',
		kind: 'num',
		cell: ({ counts }) => ({ text: shownCount(counts.machineOpens) }),
	},
	{
		name: 'Clicks',
		kind: 'num',
		onlyWhere: ({ counts }) => hasClicks([counts]),
		cell: ({ counts }) => clicksCell(counts),
	},
	{
		name: 'View time',
		kind: 'num',
		onlyWhere: ({ counts }) => counts.viewTimeMs > 0,
		cell: ({ counts: { viewTimeMs } }) => ({
			text: viewTimeMs === 0 ? '–' : shownDuration(viewTimeMs),
		}),
	},
	{
		name: 'Last open',
		kind: 'wide',
		sort: 'lastOpen',
		cell: ({ counts }, frame) => timeCell(counts.lastOpenAt, frame),
	},
];

const RECIPIENT_LINES: ReadonlyArray<Line<FoundRecipient>> = [
	{
		name: 'Recipient',
		kind: 'name',
		cell: ({ recipientId, email }, frame) => ({
			text: email ?? recipientId,
			href: linkTo(frame, 'person', { id: recipientId }),
			sub: email === null || email === recipientId ? null : recipientId,
		}),
	},
	{ name: 'Segments', cell: ({ segments }) => ({ text: segments.join(', ') || '–' }) },
	{ name: 'Sent', kind: 'num', cell: ({ sent }) => ({ text: shownCount(sent) }) },
	{ name: 'Opens', kind: 'num', cell: ({ opens }) => ({ text: shownCount(opens) }) },
	{
		name: 'Machine loads',
		kind: 'num',
		cell: ({ machineOpens }) => ({ text: shownCount(machineOpens) }),
	},
	{
		name: 'Clicks',
		kind: 'num',
		onlyWhere: (recipient) => hasClicks([recipient]),
		cell: clicksCell,
	},
	{ name: 'Last open', kind: 'wide', cell: ({ lastOpenAt }, frame) => timeCell(lastOpenAt, frame) },
];

/** The order that a list is in, and where it is in another one. */
export interface Sorting {
	sort: string;
	href(sort: string): string | null;
}

/** Campaigns with what was counted since their first message. */
export function campaignTable(
	campaigns: readonly CampaignCounts[],
	frame: Frame,
	{ sorting, choice }: { sorting?: Sorting; choice?: string } = {},
): Table {
	const table = tableOf(CAMPAIGN_LINES, campaigns, frame, sorting, {
		caption: 'Campaigns, of all time',
		empty: 'No campaign yet. Name one when you create a pixel or a tracking link.',
	});
	if (choice === undefined) return table;
	return {
		...table,
		rows: table.rows.map(([cell, ...others], index) => [
			{ ...cell, choice: { name: choice, value: campaigns[index].campaignId } },
			...others,
		]),
	};
}

/** Pixels with what was counted since they were made. */
export function pixelTable(pixels: readonly Pixel[], frame: Frame, sorting?: Sorting): Table {
	return tableOf(PIXEL_LINES, pixels, frame, sorting, {
		caption: 'Pixels, of all time',
		empty: 'No pixel yet.',
	});
}

/** People, with the sums over all emails to them. */
export function recipientTable(recipients: readonly FoundRecipient[], frame: Frame): Table {
	return tableOf(RECIPIENT_LINES, recipients, frame, undefined, {
		caption: 'Recipients, of all time',
		empty: 'No recipient yet.',
	});
}

function timeCell(iso: string | null, { timeZone, now }: Frame): Cell {
	return { time: shownTime(iso, timeZone, now) };
}

function tableOf<Entry>(
	all: ReadonlyArray<Line<Entry>>,
	entries: readonly Entry[],
	frame: Frame,
	sorting: Sorting | undefined,
	texts: Pick<Table, 'caption' | 'empty'>,
): Table {
	const lines = all.filter(({ onlyWhere }) => onlyWhere === undefined || entries.some(onlyWhere));
	return {
		...texts,
		columns: lines.map(({ name, kind, sort }) => ({
			name,
			kind,
			...(sort === undefined || sorting === undefined ? {} : sortedBy(sort, kind, sorting)),
		})),
		rows: entries.map((entry) => lines.map(({ cell }) => cell(entry, frame))),
	};
}

function sortedBy(sort: string, kind: Column['kind'], sorting: Sorting): Partial<Column> {
	const sorted = kind === 'name' ? 'ascending' : 'descending';
	return { sortHref: sorting.href(sort), ...(sort === sorting.sort ? { sorted } : {}) };
}
