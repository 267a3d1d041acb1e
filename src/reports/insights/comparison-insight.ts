import type { ComparedCampaign, Comparison } from '../../storage/port/answers-store';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { rateDifference, wilsonInterval } from '../../tracking/counters/open-rates';
import { insightClickRates, type InsightClickRates } from './clicks-insight';
import { CAUTION, insightRates, percent, rounded, type InsightRates } from './uncertainty';

/** Shares of hidden recipients that differ by more make confirmed rates hard to compare. */
const HIDDEN_APART = 0.1;

/** Several campaigns at the age of the youngest. Times: ISO 8601 in UTC; shares from 0 to 1. */
export interface ComparisonInsight {
	answer: string;
	caution: string;
	/** `null` where one of them was not sent */
	ageHours: number | null;
	/** The highest confirmed rate at that age first */
	campaigns: Array<{
		campaignId: string;
		firstSentAt: string | null;
		/** Confirmed at that age, with its 95 % interval */
		rateAtAge: number | null;
		low: number | null;
		high: number | null;
		/** As it stands today */
		today: InsightRates;
		/** As they stand today; `null` where no link was ever followed */
		clicksToday: InsightClickRates | null;
	}>;
}

/**
 * How campaigns compare, and which differences may be chance; `null` where nothing is known of one.
 *
 * @param campaignIds two to four different ones; throws `invalid` for others
 */
export async function comparisonInsight(
	store: TrackingStore,
	campaignIds: readonly string[],
	now: Date,
): Promise<ComparisonInsight | null> {
	const comparison = await store.compareCampaigns(campaignIds, now);
	if (comparison.campaigns.length < campaignIds.length) return null;
	const ranked = [...comparison.campaigns].sort(
		(one, other) => (other.confirmedRate ?? -1) - (one.confirmedRate ?? -1),
	);
	return {
		answer: inWords(comparison.ageHours, ranked),
		caution: CAUTION,
		ageHours: comparison.ageHours,
		campaigns: ranked.map(({ campaign, openedOfSent, confirmedRate }) => {
			const interval =
				confirmedRate === null ? null : wilsonInterval(openedOfSent, campaign.sentRecipients);
			return {
				campaignId: campaign.campaignId,
				firstSentAt: campaign.firstSentAt,
				rateAtAge: rounded(confirmedRate),
				low: rounded(interval?.low ?? null),
				high: rounded(interval?.high ?? null),
				today: insightRates(campaign.rates),
				clicksToday: insightClickRates(campaign),
			};
		}),
	};
}

function inWords(ageHours: Comparison['ageHours'], ranked: readonly ComparedCampaign[]): string {
	const [best, ...others] = ranked;
	if (ageHours === null) {
		return 'No message of one of these campaigns is registered as sent, so they have no age to be compared at.';
	}
	const seen = `${ageHours} h after the first message, ${name(best)} had ${percent(best.confirmedRate)} confirmed.`;
	const shares = ranked.map(({ campaign }) => campaign.rates.hidden.share ?? 0);
	const isApart = Math.max(...shares) - Math.min(...shares) > HIDDEN_APART;
	return [
		seen,
		...others.map((other) => differenceInWords(best, other)),
		...(isApart
			? [
					`The share of recipients who cannot be seen differs (${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}), so part of a difference can come from their email clients.`,
				]
			: []),
	].join(' ');
}

function differenceInWords(best: ComparedCampaign, other: ComparedCampaign): string {
	const difference = rateDifference(counts(best), counts(other));
	if (difference === null) return `${name(other)} has no recipients to divide by.`;
	const had = `${name(other)} had ${percent(other.confirmedRate)}:`;
	return difference.low <= 0
		? `${had} the difference may be chance.`
		: `${had} ${Math.round(100 * difference.low)} to ${Math.round(100 * difference.high)} percentage points less, at 95 % confidence, which chance alone hardly explains.`;
}

const counts = ({ campaign, openedOfSent }: ComparedCampaign) =>
	[openedOfSent, campaign.sentRecipients] as const;

const name = ({ campaign }: ComparedCampaign) => `"${campaign.campaignId}"`;
