import type { CampaignRecipient } from '../../storage/port/answers-store';
import type { CampaignCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import { whole } from '../../tracking/counters/open-rates';
import { CAUTION, insightRates, ratesWithDoubt, type InsightRates } from './uncertainty';

const MAY_STILL_OPEN_MS = 3 * 86_400_000;

export interface PeopleRequest {
	campaignId: string;
	state: 'opened' | 'notOpened';
	/** From 1 to 1,000 */
	limit: number;
	/** Whether the answer names addresses; without, only IDs */
	withAddresses: boolean;
	now: Date;
}

/** One recipient of one email of the campaign. Times: ISO 8601 in UTC. */
export interface InsightPerson {
	/** `null`: the email has a pixel without recipients */
	recipientId: string | null;
	email?: string | null;
	pixelId: string | null;
	opens: number;
	machineLoads: number;
	/** Tracked links that were followed; left out where no link of the campaign ever was */
	clicks?: number;
	machineClicks?: number;
	lastSentAt: string | null;
	firstOpenAt: string | null;
	lastOpenAt: string | null;
}

export interface PeopleInsight {
	answer: string;
	caution: string;
	campaignId: string;
	rates: InsightRates;
	/** Of those who opened, the latest first; of the others, from A to Z */
	people: InsightPerson[];
	/** Whether there are more than those listed */
	more: boolean;
}

/**
 * Who opened a campaign, or who did not, with how sure that is. `null` where nothing is known of the
 * campaign.
 */
export async function peopleInsight(
	store: TrackingStore,
	{ campaignId, state, limit, withAddresses, now }: PeopleRequest,
): Promise<PeopleInsight | null> {
	const campaign = await store.getCampaign(campaignId);
	if (campaign === null) return null;
	const { rows, hasMore } = await store.campaignRecipients({
		campaignId,
		state,
		limit,
		sort: state === 'opened' ? 'lastOpen' : 'recipient',
	});
	const withClicks = campaign.clickRates !== null;
	const byClick = rows.filter(({ opens, clicks }) => opens === 0 && clicks > 0).length;
	const count = { listed: rows.length, hasMore, byClick };
	return {
		answer: state === 'opened' ? whoOpened(campaign, count) : whoHasNot(campaign, count, now),
		caution: CAUTION,
		campaignId,
		rates: insightRates(campaign.rates),
		people: rows.map((row) => toPerson(row, { withAddresses, withClicks })),
		more: hasMore,
	};
}

function toPerson(
	row: CampaignRecipient,
	{ withAddresses, withClicks }: { withAddresses: boolean; withClicks: boolean },
): InsightPerson {
	const { recipientId, email, pixelId, opens, lastSentAt, firstOpenAt, lastOpenAt } = row;
	const isDeleted = recipientId?.startsWith('deleted-') === true;
	return {
		recipientId: isDeleted ? 'Deleted recipient' : recipientId,
		...(withAddresses && { email }),
		pixelId,
		opens,
		machineLoads: row.machineOpens,
		...(withClicks && { clicks: row.clicks, machineClicks: row.machineClicks }),
		lastSentAt,
		firstOpenAt,
		lastOpenAt,
	};
}

interface Count {
	listed: number;
	hasMore: boolean;
	/** Of those listed, who is known to have read it by a click alone */
	byClick: number;
}

function whoOpened({ rates, opens }: CampaignCounts, { listed, hasMore, byClick }: Count): string {
	if (listed === 0) {
		const why =
			opens === 0
				? 'Nobody has a counted open yet'
				: `Nobody is named: the tracking mode or the links kept no recipient of the counted opens (${whole(opens)})`;
		return `${why}. ${ratesWithDoubt(rates)}`;
	}
	const all = hasMore
		? `The ${whole(listed)} ${people(listed)} who opened last are listed; there are more.`
		: `${whole(listed)} ${people(listed)} opened; all are listed.`;
	const clicked =
		byClick === 0
			? ''
			: ` Of those listed, ${whole(byClick)} ${byClick === 1 ? 'has' : 'have'} no counted open, but followed a link.`;
	return `${all}${clicked} ${ratesWithDoubt(rates)}`;
}

function whoHasNot(campaign: CampaignCounts, { listed, hasMore }: Count, now: Date): string {
	const { rates, lastSentAt } = campaign;
	const count = rates.likely.visible - rates.confirmed.recipients;
	const silent = `${whole(count)} ${people(count)} of ${whole(rates.sentRecipients)} ${count === 1 ? 'has' : 'have'} no counted open`;
	const shown = hasMore ? `; the first ${whole(listed)} are listed, there are more` : '';
	const hidden =
		rates.hidden.recipients > 0
			? ` ${whole(rates.hidden.recipients)} more cannot be seen and are not listed.`
			: '';
	const isYoung =
		lastSentAt !== null && now.getTime() - Date.parse(lastSentAt) < MAY_STILL_OPEN_MS
			? ` The latest message left on ${lastSentAt.slice(0, 10)}, so it may still be opened.`
			: '';
	return `${silent}${shown}.${hidden}${isYoung} ${ratesWithDoubt(rates)}`;
}

function people(count: number): string {
	return count === 1 ? 'recipient' : 'recipients';
}
