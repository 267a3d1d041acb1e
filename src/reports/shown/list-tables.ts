import type { CampaignCounts, Pixel } from '../../storage/port/tracking-store';
import { linkTo, type Frame } from './frame';
import { shownDuration, shownTime } from './local-time';
import { machineShare, shownCount, shownShare } from './shown-open';
import type { Cell, Column, Table } from './table';

/** A column, and what stands in it for one entry of the list. */
interface Line<Entry> extends Column {
	cell(entry: Entry, frame: Frame): Cell;
}

const CAMPAIGN_LINES: ReadonlyArray<Line<CampaignCounts>> = [
	{
		name: 'Campaign',
		kind: 'name',
		cell: ({ campaignId }, frame) => ({
			text: campaignId,
			href: linkTo(frame, 'campaign', { id: campaignId }),
		}),
	},
	{ name: 'Sent', kind: 'num', cell: ({ sent }) => ({ text: shownCount(sent) }) },
	{ name: 'Recipients', kind: 'num', cell: ({ recipients }) => ({ text: shownCount(recipients) }) },
	{
		name: 'Unique opens',
		kind: 'num',
		cell: ({ uniqueOpens }) => ({ text: shownCount(uniqueOpens) }),
	},
	{ name: 'Unique open rate', kind: 'num', cell: ({ openRate }) => ({ text: shownShare(openRate) }) },
	{ name: 'Opens', kind: 'num', cell: ({ opens }) => ({ text: shownCount(opens) }) },
	{
		name: 'Machine share',
		kind: 'num',
		cell: (campaign) => ({ text: shownShare(machineShare(campaign)) }),
	},
	{ name: 'Last open', kind: 'wide', cell: ({ lastOpenAt }, frame) => timeCell(lastOpenAt, frame) },
];

const PIXEL_LINES: ReadonlyArray<Line<Pixel>> = [
	{
		name: 'Pixel',
		kind: 'name',
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
	{ name: 'Recipients', kind: 'num', cell: ({ counts }) => ({ text: shownCount(counts.recipients) }) },
	{
		name: 'Unique opens',
		kind: 'num',
		cell: ({ counts }) => ({ text: shownCount(counts.uniqueOpens) }),
	},
	{ name: 'Opens', kind: 'num', cell: ({ counts }) => ({ text: shownCount(counts.opens) }) },
	{
		name: 'Machine loads',
		kind: 'num',
		cell: ({ counts }) => ({ text: shownCount(counts.machineOpens) }),
	},
	{
		name: 'Last open',
		kind: 'wide',
		cell: ({ counts }, frame) => timeCell(counts.lastOpenAt, frame),
	},
];
const VIEW_TIME: Line<Pixel> = {
	name: 'View time',
	kind: 'num',
	cell: ({ counts: { viewTimeMs } }) => ({
		text: viewTimeMs === 0 ? '–' : shownDuration(viewTimeMs),
	}),
};

/** Campaigns with what was counted since their first message. */
export function campaignTable(campaigns: readonly CampaignCounts[], frame: Frame): Table {
	return tableOf(CAMPAIGN_LINES, campaigns, frame, {
		caption: 'Campaigns, of all time',
		empty: 'No campaign yet. Name one when you create a pixel or a tracking link.',
	});
}

/** Pixels with what was counted since they were made; view time only where there is some. */
export function pixelTable(pixels: readonly Pixel[], frame: Frame): Table {
	const lines = pixels.some(({ counts }) => counts.viewTimeMs > 0)
		? [...PIXEL_LINES.slice(0, -1), VIEW_TIME, ...PIXEL_LINES.slice(-1)]
		: PIXEL_LINES;
	return tableOf(lines, pixels, frame, { caption: 'Pixels, of all time', empty: 'No pixel yet.' });
}

function timeCell(iso: string | null, { timeZone, now }: Frame): Cell {
	return { time: shownTime(iso, timeZone, now) };
}

function tableOf<Entry>(
	lines: ReadonlyArray<Line<Entry>>,
	entries: readonly Entry[],
	frame: Frame,
	texts: Pick<Table, 'caption' | 'empty'>,
): Table {
	return {
		...texts,
		columns: lines.map(({ name, kind }) => ({ name, kind })),
		rows: entries.map((entry) => lines.map(({ cell }) => cell(entry, frame))),
	};
}
