import type {
	CampaignRecipient,
	CampaignReport,
	LinkClicks,
	ListPage,
	OpensPerAge,
	RecipientState,
} from '../../storage/port/answers-store';
import type { CampaignCounts, Pixel } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { clicksInWords } from '../../tracking/counters/click-rates';
import { ratesInWords } from '../../tracking/counters/open-rates';
import { knownSort, pagingOf, partOf, type ListView } from '../lists/list-page';
import { pageData } from '../pages/page-data';
import { render } from '../render';
import { linkTo } from '../shown/frame';
import { pixelTable } from '../shown/list-tables';
import { shownTime } from '../shown/local-time';
import { chartOf, opensOverTime } from '../charts/opens-over-time';
import { clickFacts, clicksCut, hasClicks, linkTable } from '../shown/shown-clicks';
import { machineShare, shownCount, shownShare } from '../shown/shown-open';
import { rateFacts } from '../shown/shown-rates';
import { machineTable, programTable, providerTable } from './breakdown-tables';
import { RECIPIENT_SORTS, recipientsTable } from './recipients-table';

/** Which recipients a campaign page lists. */
export const RECIPIENT_FILTERS = {
	all: 'All',
	opened: 'Opened',
	notOpened: 'Not opened',
	hidden: 'Hidden',
	machineOnly: 'Machines only',
	clicked: 'Clicked',
	notClicked: 'Opened, not clicked',
} as const satisfies Record<RecipientState | 'all', string>;
export type RecipientFilter = keyof typeof RECIPIENT_FILTERS;
/** Those that are offered where links of the campaign were followed. */
const OF_CLICKS: readonly string[] = ['clicked', 'notClicked'];

/** The filter if it is one of {@link RECIPIENT_FILTERS}, else all. */
export function knownRecipientFilter(text: string | undefined): RecipientFilter {
	return text !== undefined && Object.hasOwn(RECIPIENT_FILTERS, text)
		? (text as RecipientFilter)
		: 'all';
}

export interface CampaignView extends ListView {
	campaignId: string;
	show: RecipientFilter;
}

/** For how many hours since sending the chart has bars. */
const AGE_HOURS = 48;
const PIXELS = 10;
const OTHERS = 20;
const LINKS = 50;

/** Whom a page and its CSV are about. */
export function recipientsAsked({ campaignId, show, search, sort, chosen }: CampaignView) {
	return {
		campaignId,
		state: show === 'all' ? undefined : show,
		search,
		segment: chosen.segment,
		sort: knownSort(RECIPIENT_SORTS, sort),
	};
}

/** What one campaign did, and who opened it. `null` for a campaign that nothing is known of. */
export async function campaignPage(
	store: TrackingStore,
	view: CampaignView,
): Promise<string | null> {
	const { campaignId, period } = view;
	const window = period.range === 'all' ? {} : { from: period.from, to: period.to };
	const report = await store.campaignReport({ campaignId, ...window });
	if (report === null) return null;
	const withClicks = hasClicks([report.campaign]);
	const [recipients, links, pixels, others, segments] = await Promise.all([
		store.campaignRecipients({ ...partOf(view), ...recipientsAsked(view) }),
		withClicks ? store.listLinkClicks({ campaignId }) : [],
		store.searchPixels({ campaignId, limit: PIXELS }),
		store.searchCampaigns({ limit: OTHERS }),
		store.listSegments(),
	]);
	const { campaign } = report;
	return render('templates/campaign', {
		...pageData(view, { title: campaignId, here: 'campaign' }),
		firstSent: shownTime(campaign.firstSentAt, view.timeZone, view.now),
		rates: rateFacts(campaign.rates),
		rateWords: ratesInWords(campaign.rates),
		facts: campaignFacts(report),
		clicks: withClicks ? clicksOf(campaign, links, view) : null,
		ages: report.ages.length === 0 ? null : ageChart(report.ages),
		...opensOverTime(report.hours, period),
		people: peopleOf(recipients, pixels.rows, { ...view, withClicks }),
		segments: segments.map(({ segment }) => segment),
		programs: programTable(report.programs),
		providers: report.providers === null ? null : providerTable(report.providers),
		machines: machineTable(report.machineLoads),
		cut: report.allLoadsRead ? null : `Of the latest ${shownCount(report.loadsRead)} loads.`,
		providersCut: report.allAddressesRead
			? null
			: `Of ${shownCount(report.addressesRead)} recipients.`,
		pixels: pixelTable(pixels.rows, view),
		morePixels: pixels.hasMore ? linkTo(view, 'pixels') : null,
		others: others.rows.map((other) => other.campaignId).filter((id) => id !== campaignId),
	});
}

function campaignFacts({ campaign }: CampaignReport) {
	return [
		{ label: 'Sent', value: shownCount(campaign.sent), note: 'registered messages' },
		{ label: 'Opens', value: shownCount(campaign.opens), note: 'counted loads' },
		{
			label: 'Unique opens',
			value: shownCount(campaign.uniqueOpens),
			note: 'recipients and single emails',
		},
		{ label: 'Machine loads', value: shownCount(campaign.machineOpens), note: 'not counted' },
		{ label: 'Machine share', value: shownShare(machineShare(campaign)), note: 'of all loads' },
	];
}

/** Loads by the hours since the campaign was sent first. */
function ageChart(ages: readonly OpensPerAge[]) {
	const last = ages[ages.length - 1].hour;
	const list = Array.from({ length: Math.min(AGE_HOURS, last + 1) }, (_, hour) => ({
		label: `${hour} h`,
		opens: 0,
		uniqueOpens: 0,
		machineOpens: 0,
	}));
	let later = 0;
	for (const { hour, opens, uniqueOpens, machineOpens } of ages) {
		if (hour < list.length) list[hour] = { label: `${hour} h`, opens, uniqueOpens, machineOpens };
		else later += opens;
	}
	const chart = chartOf({ unit: 'hour', list }, `in the first ${list.length} hours`);
	const rest = later > 0 ? ` ${shownCount(later)} more opens came later.` : '';
	return { ...chart, summary: `${chart.summary}${halfText(ages)}${rest}` };
}

/** When half of those who opened had done so. */
function halfText(ages: readonly OpensPerAge[]): string {
	const all = ages.reduce((sum, { uniqueOpens }) => sum + uniqueOpens, 0);
	let sum = 0;
	for (const { hour, uniqueOpens } of ages) {
		sum += uniqueOpens;
		if (all > 0 && sum * 2 >= all) return ` Half of all first opens came within ${hour + 1} h.`;
	}
	return '';
}

/** Which links were followed, by whom, and how often by machines. */
function clicksOf(campaign: CampaignCounts, links: readonly LinkClicks[], view: CampaignView) {
	return {
		facts: clickFacts(campaign),
		words: clicksInWords(campaign.clickRates),
		table: linkTable(links.slice(0, LINKS)),
		cut: clicksCut(links),
		more: links.length > LINKS ? `The first ${LINKS} of ${shownCount(links.length)} links.` : null,
		csv: linkTo(view, 'campaign/links.csv', { id: campaign.campaignId }),
	};
}

function peopleOf(
	recipients: ListPage<CampaignRecipient>,
	pixels: readonly Pixel[],
	view: CampaignView & { withClicks: boolean },
) {
	const named = pixels.length > 1 ? pixels : [];
	const { campaignId, show, search, withClicks } = view;
	const sort = knownSort(RECIPIENT_SORTS, view.sort);
	const keep = { id: campaignId, show, q: search || null, sort };
	return {
		filters: Object.entries(RECIPIENT_FILTERS)
			.filter(([value]) => withClicks || !OF_CLICKS.includes(value))
			.map(([value, name]) => ({
				name,
				href: linkTo(view, 'campaign', { ...keep, show: value }),
				current: value === show,
			})),
		keep: { id: campaignId, show, sort },
		table: recipientsTable(
			recipients.rows,
			view,
			{ withClicks, sort, href: (other) => linkTo(view, 'campaign', { ...keep, sort: other }) },
			new Map(named.map(({ id, name }) => [id, name])),
		),
		paging: pagingOf(view, 'campaign', recipients.hasMore, keep),
		csv: linkTo(view, 'campaign/recipients.csv', keep),
	};
}
