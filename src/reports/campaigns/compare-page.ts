import type { ComparedCampaign, Comparison } from '../../storage/port/answers-store';
import type { CampaignCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { wilsonInterval } from '../../tracking/counters/open-rates';
import { pageData } from '../pages/page-data';
import { render } from '../render';
import { linkTo, type Frame } from '../shown/frame';
import { linesChart } from '../charts/lines-chart';
import { shownTime } from '../shown/local-time';
import { hasClicks } from '../shown/shown-clicks';
import { shownCount, shownShare } from '../shown/shown-open';
import { intervalText } from '../shown/shown-rates';
import type { Cell, Column, Table } from '../shown/table';

/** How many campaigns can be compared. */
export const MOST_COMPARED = 4;
/** Hours that the table behind the chart has rows for, as far as the campaigns are old enough. */
const SHOWN_HOURS = [1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720];

/** Two to four campaigns at the age that all of them have reached. */
export async function comparePage(
	store: TrackingStore,
	campaignIds: readonly string[],
	frame: Frame,
): Promise<string> {
	const comparison = await store.compareCampaigns(campaignIds, frame.now);
	const { ageHours, campaigns } = comparison;
	const lines = campaigns.map((one) => ({ shares: sharesByHour(one, ageHours ?? 0) }));
	const hasLines = ageHours !== null && ageHours > 0 && campaigns.length > 1;
	return render('templates/compare', {
		...pageData(frame, { title: 'Compare campaigns', here: 'compare' }),
		words: wordsOf(comparison),
		ofAllTime: hasClicks(campaigns.map(({ campaign }) => campaign))
			? 'Confirmed, likely, possible and the click rates without an age are of all time.'
			: 'Confirmed, likely and possible without an age are of all time.',
		table: comparisonTable(comparison, frame),
		names: campaigns.map(({ campaign }) => campaign.campaignId),
		chart: hasLines
			? {
					wide: linesChart(lines, { width: 1040, height: 260 }),
					narrow: linesChart(lines, { width: 350, height: 220 }),
					table: hoursTable(campaigns, lines, ageHours),
				}
			: null,
	});
}

function wordsOf({ ageHours, campaigns }: Comparison): string {
	if (campaigns.length === 0) return 'Nothing is known of these campaigns.';
	if (ageHours === null) {
		return 'No message is registered as sent for one of these campaigns, so they have no age to be compared at. Figures are of all time.';
	}
	const days = Math.floor(ageHours / 24);
	const age = days >= 2 ? `${days} days and ${ageHours % 24} h` : `${ageHours} h`;
	return `Each at the age of ${age} after its first message, which is the age of the youngest.`;
}

/** Of those sent to, the share whose first open lies within each hour of age. */
function sharesByHour({ campaign, ages }: ComparedCampaign, ageHours: number): number[] {
	const shares: number[] = [];
	let sum = 0;
	const byHour = new Map(ages.map(({ hour, uniqueOpens }) => [hour, uniqueOpens]));
	for (let hour = 0; hour < ageHours; hour += 1) {
		sum += byHour.get(hour) ?? 0;
		shares.push(campaign.sentRecipients === 0 ? 0 : Math.min(1, sum / campaign.sentRecipients));
	}
	return shares;
}

function comparisonTable({ ageHours, campaigns }: Comparison, frame: Frame): Table {
	const withClicks = hasClicks(campaigns.map(({ campaign }) => campaign));
	return {
		caption: 'The campaigns at the same age',
		columns: [
			{ name: 'Campaign', kind: 'name' },
			{ name: 'First sent', kind: 'wide' },
			{ name: 'Sent', kind: 'num' },
			{ name: 'Confirmed at that age', kind: 'num' },
			{ name: 'Confirmed', kind: 'num' },
			{ name: 'Likely', kind: 'num' },
			{ name: 'Possible', kind: 'num' },
			...(withClicks ? CLICK_COLUMNS : []),
		],
		rows: campaigns.map(({ campaign, openedOfSent, confirmedRate }) => [
			{
				text: campaign.campaignId,
				href: linkTo(frame, 'campaign', { id: campaign.campaignId }),
			},
			{ time: shownTime(campaign.firstSentAt, frame.timeZone, frame.now) },
			{ text: shownCount(campaign.sent) },
			{
				text: ageHours === null ? '–' : shownShare(confirmedRate),
				sub: ageHours === null ? null : interval(openedOfSent, campaign.sentRecipients),
			},
			{ text: shownShare(campaign.rates.confirmed.rate) },
			{ text: shownShare(campaign.rates.likely.rate), sub: intervalText(campaign.rates) },
			{ text: shownShare(campaign.rates.possible.rate) },
			...(withClicks ? clickCells(campaign) : []),
		]),
		empty: 'Nothing is known of these campaigns.',
	};
}

const CLICK_COLUMNS: Column[] = [
	{ name: 'Click rate', kind: 'num' },
	{ name: 'Click-to-open', kind: 'num' },
];

function clickCells({ clickRates: rates }: CampaignCounts): Cell[] {
	if (rates === null) return [{ text: '–' }, { text: '–' }];
	const { clicked, clickToOpen } = rates;
	return [
		{
			text: shownShare(clicked.rate),
			sub: interval(clicked.recipients, clicked.sentRecipients),
		},
		{ text: shownShare(clickToOpen.rate), sub: intervalText({ likely: clickToOpen }) },
	];
}

function interval(opened: number, sent: number): string {
	return intervalText({
		likely: wilsonInterval(opened, sent) ?? { low: null, high: null },
	});
}

function hoursTable(
	campaigns: readonly ComparedCampaign[],
	lines: ReadonlyArray<{ shares: readonly number[] }>,
	ageHours: number,
): Table {
	const hours = [...new Set([...SHOWN_HOURS.filter((hour) => hour < ageHours), ageHours])];
	return {
		caption: 'Share of recipients whose first open came within so many hours',
		columns: [
			{ name: 'Hours since sending', kind: 'name' },
			...campaigns.map(({ campaign }) => ({ name: campaign.campaignId, kind: 'num' as const })),
		],
		rows: hours.map((hour) => [
			{ text: `${hour} h` },
			...lines.map(({ shares }) => ({ text: shownShare(shares[hour - 1] ?? null) })),
		]),
		empty: '',
	};
}
