import type { TrackingStore } from '../../storage/port/tracking-store';
import { whole } from '../../tracking/counters/open-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import { reasonText } from '../shown/shown-open';
import { clicksInsight, type ClicksInsight } from './clicks-insight';
import { CAUTION, insightRates, ratesWithDoubt, type InsightRates } from './uncertainty';

/** How many segments, mailbox providers and reasons an answer has room for. */
const MOST_ROWS = 10;

/** Rates of a part of the campaign; `withheld` where they would tell of fewer than ten people. */
export type PartOfCampaign = { withheld: boolean } & Partial<InsightRates>;

/** What one campaign did. Times: ISO 8601 in UTC. */
export interface CampaignInsight {
	answer: string;
	caution: string;
	campaignId: string;
	rates: InsightRates;
	/** Counted loads of the image; one recipient can have many */
	opens: number;
	uniqueOpens: number;
	/** Loads by prefetches, scanners and bots; in no rate */
	machineLoads: number;
	firstSentAt: string | null;
	lastSentAt: string | null;
	lastOpenAt: string | null;
	segments: Array<PartOfCampaign & { segment: string }>;
	/** By the domain of the address; `null`: all domains with fewer than ten people */
	mailboxProviders: Array<InsightRates & { domain: string | null }>;
	machineReasons: Array<{ reason: string; loads: number }>;
	/** `null` where no link was ever followed: links are most likely not tracked */
	clicks: ClicksInsight | null;
}

/** How a campaign is doing, with how sure that is; `null` where nothing is known of it. */
export async function campaignInsight(
	store: TrackingStore,
	campaignId: string,
): Promise<CampaignInsight | null> {
	const report = await store.campaignReport({ campaignId });
	if (report === null) return null;
	const { campaign, providers, machineLoads } = report;
	const { rates, opens, machineOpens } = campaign;
	const clicks = await clicksInsight(store, campaignId, campaign);
	const segments = await store.segmentRates(campaignId);
	const shown = segments.slice(0, MOST_ROWS);
	const isWithheld = shown.some((one) => one.rates === null);
	return {
		answer: [
			ratesWithDoubt(rates),
			`${counted(opens, 'counted open', 'counted opens')}; ${counted(machineOpens, 'load', 'loads')} by machines, which no rate counts.`,
			...(clicks?.answer ?? []),
			...(isWithheld
				? [`Segments that would tell of fewer than ${DEFAULT_K} people are withheld.`]
				: []),
			...(segments.length > MOST_ROWS
				? [`The first ${MOST_ROWS} of ${whole(segments.length)} segments are listed.`]
				: []),
		].join(' '),
		caution: CAUTION,
		campaignId,
		rates: insightRates(rates),
		opens,
		uniqueOpens: campaign.uniqueOpens,
		machineLoads: machineOpens,
		firstSentAt: campaign.firstSentAt,
		lastSentAt: campaign.lastSentAt,
		lastOpenAt: campaign.lastOpenAt,
		segments: shown.map((one) => ({
			segment: one.segment,
			withheld: one.rates === null,
			...(one.rates && insightRates(one.rates)),
		})),
		mailboxProviders: (providers ?? [])
			.slice(0, MOST_ROWS)
			.map((one) => ({ domain: one.domain, ...insightRates(one.rates) })),
		machineReasons: machineLoads.slice(0, MOST_ROWS).map(({ actor, reason, loads }) => ({
			reason: reason === null ? actor : reasonText(reason),
			loads,
		})),
		clicks: clicks?.clicks ?? null,
	};
}

function counted(count: number, one: string, many: string): string {
	return `${whole(count)} ${count === 1 ? one : many}`;
}
