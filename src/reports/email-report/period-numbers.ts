import type { CampaignCounts, GroupCounts } from '../../storage/port/counts';
import type { RightsUsed } from '../../storage/port/privacy-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { clickRates } from '../../tracking/counters/click-rates';
import { openRates, type OpenRates } from '../../tracking/counters/open-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import type { SentCampaign } from '../insights/anomalies-insight';
import { bucketOpens, sumOf, type Buckets, type Period } from '../shown/period';

/** What is known of a span of time, in numbers that name nobody. */
export interface PeriodNumbers {
	/** Those whose first message left in it, to at least ten people; most confirmed first */
	campaigns: CampaignCounts[];
	/** How many more went to fewer that are noted; they are in no rate, so that none can be worked out */
	smallCampaigns: number;
	/** How many began before it and sent on in it; they are in no rate either */
	runningCampaigns: number;
	/** Of the campaigns together, as they stand now */
	rates: OpenRates;
	/** The same of those whose links are tracked */
	clicks: Pick<GroupCounts, 'clicks' | 'machineClicks' | 'clickRates'>;
	/** Loads in it, of all emails */
	buckets: Buckets;
	loads: { opens: number; machineOpens: number };
	rights: RightsUsed;
}

/**
 * Reads what the report says of one span of time.
 *
 * @param sent every campaign of which a message left
 */
export async function periodNumbers(
	store: TrackingStore,
	sent: readonly SentCampaign[],
	period: Period,
): Promise<PeriodNumbers> {
	const { from, to } = period;
	const began = sent.filter(
		({ firstSentAt }) =>
			Date.parse(firstSentAt) >= from.getTime() && Date.parse(firstSentAt) < to.getTime(),
	);
	const campaigns = began
		.filter(({ sentRecipients }) => sentRecipients >= DEFAULT_K)
		.sort((a, b) => b.rates.confirmed.recipients - a.rates.confirmed.recipients);
	const running = sent.filter(
		({ firstSentAt, lastSentAt }) =>
			Date.parse(firstSentAt) < from.getTime() &&
			lastSentAt !== null &&
			Date.parse(lastSentAt) >= from.getTime(),
	);
	const buckets = bucketOpens(await store.listOpensPerHour({ from, to }), period);
	const sum = (numberOf: (campaign: CampaignCounts) => number) =>
		campaigns.reduce((all, campaign) => all + numberOf(campaign), 0);
	return {
		campaigns,
		smallCampaigns: began.length - campaigns.length,
		runningCampaigns: running.length,
		rates: openRates({
			sentRecipients: sum(({ rates }) => rates.sentRecipients),
			confirmed: sum(({ rates }) => rates.confirmed.recipients),
			hidden: sum(({ rates }) => rates.hidden.recipients),
		}),
		clicks: clicksOf(campaigns),
		buckets,
		loads: sumOf(buckets),
		rights: await store.countRightsUsed({ from, to }),
	};
}

function clicksOf(campaigns: readonly CampaignCounts[]): PeriodNumbers['clicks'] {
	const counts = {
		clicks: 0,
		machineClicks: 0,
		sentRecipients: 0,
		clickedOfSent: 0,
		opened: 0,
		openedAndClicked: 0,
	};
	for (const { clicks, machineClicks, clickRates: rates } of campaigns) {
		if (rates === null) continue;
		counts.clicks += clicks;
		counts.machineClicks += machineClicks;
		counts.sentRecipients += rates.clicked.sentRecipients;
		counts.clickedOfSent += rates.clicked.recipients;
		counts.opened += rates.clickToOpen.opened;
		counts.openedAndClicked += rates.clickToOpen.recipients;
	}
	return { ...counts, clickRates: clickRates(counts) };
}
