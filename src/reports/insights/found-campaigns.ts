import type { CampaignCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { whole } from '../../tracking/counters/open-rates';
import { CAUTION, insightRates, type InsightRates } from './uncertainty';

/** Campaigns that a text finds. Times: ISO 8601 in UTC. */
export interface FoundCampaigns {
	answer: string;
	caution: string;
	campaigns: Array<{
		campaignId: string;
		/** Names of its emails that the text is in */
		emails: string[];
		firstSentAt: string | null;
		lastOpenAt: string | null;
		rates: InsightRates;
	}>;
	/** Whether there are more than those listed */
	more: boolean;
}

/**
 * Campaigns by a part of their ID or of the name of one of their emails, the most recently loaded
 * first; all of them for an empty text.
 *
 * @param limit from 1 to 1,000
 */
export async function findCampaigns(
	store: TrackingStore,
	search: string,
	limit: number,
): Promise<FoundCampaigns> {
	const found = await lookFor(store, search, limit);
	if (found.campaigns.length > 0 || search === '') return toAnswer(found, named(search));
	// IDs are often written with hyphens where a person says a space.
	const [part = ''] = search
		.split(/[^\p{L}\p{N}]+/u)
		.sort((one, other) => other.length - one.length);
	if (part === '' || part === search) return toAnswer(found, named(search));
	return toAnswer(await lookFor(store, part, limit), `${named(part)}, and none with all of it,`);
}

interface Found {
	campaigns: Array<{ campaign: CampaignCounts; emails: string[] }>;
	hasMore: boolean;
}

async function lookFor(store: TrackingStore, search: string, limit: number): Promise<Found> {
	const byId = await store.searchCampaigns({ search, limit });
	const byEmail =
		search === '' ? { rows: [], hasMore: false } : await store.searchPixels({ search, limit });
	const emails = new Map<string, string[]>();
	for (const { campaignId, name } of byEmail.rows) {
		if (campaignId !== null) emails.set(campaignId, [...(emails.get(campaignId) ?? []), name]);
	}
	const campaigns = [...byId.rows];
	const known = new Set(campaigns.map(({ campaignId }) => campaignId));
	for (const campaignId of emails.keys()) {
		const campaign = known.has(campaignId) ? null : await store.getCampaign(campaignId);
		if (campaign !== null) campaigns.push(campaign);
	}
	return {
		campaigns: campaigns
			.slice(0, limit)
			.map((campaign) => ({ campaign, emails: emails.get(campaign.campaignId) ?? [] })),
		hasMore: byId.hasMore || byEmail.hasMore || campaigns.length > limit,
	};
}

function toAnswer({ campaigns, hasMore }: Found, which: string): FoundCampaigns {
	const count = campaigns.length;
	const found =
		count === 0
			? `There is no campaign${which}.`
			: `${whole(count)} ${count === 1 ? 'campaign' : 'campaigns'}${which} ${count === 1 ? 'is' : 'are'} listed${hasMore ? '; there are more' : ''}.`;
	return {
		answer: found,
		caution: CAUTION,
		campaigns: campaigns.map(({ campaign, emails }) => ({
			campaignId: campaign.campaignId,
			emails,
			firstSentAt: campaign.firstSentAt,
			lastOpenAt: campaign.lastOpenAt,
			rates: insightRates(campaign.rates),
		})),
		more: hasMore,
	};
}

function named(search: string): string {
	return search === '' ? '' : ` with "${search}" in its ID or in the name of one of its emails`;
}
