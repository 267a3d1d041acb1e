import type { CampaignCounts } from '../../storage/port/counts';
import type { TrackingStore } from '../../storage/port/tracking-store';
import {
	checkCampaigns,
	type AnomalyCheck,
	type WatchedCampaign,
} from '../../tracking/anomalies/check-campaigns';

const HOUR_MS = 3_600_000;
const PAGE = 500;
/** Campaigns of the last two weeks that are looked at. */
const MOST_WATCHED = 40;
/** How many campaigns before each one say what is usual, unless somebody asks for more. */
export const USUAL_OTHERS = 20;

/** A campaign of which at least one message left. */
export type SentCampaign = CampaignCounts & { firstSentAt: string };

/** What a check found, also in words. */
export interface AnomaliesInsight extends AnomalyCheck {
	inWords: string;
}

/** Every campaign of which a message is registered as sent, the latest first. */
export async function sentCampaigns(store: TrackingStore): Promise<SentCampaign[]> {
	const sent: SentCampaign[] = [];
	for (let offset = 0; ; offset += PAGE) {
		const page = await store.searchCampaigns({ limit: PAGE, offset, sort: 'name' });
		for (const campaign of page.rows) {
			const { firstSentAt } = campaign;
			if (firstSentAt !== null) sent.push({ ...campaign, firstSentAt });
		}
		if (!page.hasMore) break;
	}
	return sent.sort((a, b) => (a.firstSentAt < b.firstSentAt ? 1 : -1));
}

/**
 * What is out of the ordinary in the campaigns of the last two weeks.
 *
 * @param sent all campaigns, the latest first
 */
export async function anomaliesInsight(
	store: TrackingStore,
	sent: readonly SentCampaign[],
	now: Date,
	others = USUAL_OTHERS,
): Promise<AnomaliesInsight> {
	const latest = sent.slice(0, others + MOST_WATCHED);
	const check = checkCampaigns(await watched(store, latest), now, others);
	return { inWords: inWords(check), ...check };
}

/** Campaigns with what the check needs of them. */
async function watched(
	store: TrackingStore,
	campaigns: readonly SentCampaign[],
): Promise<WatchedCampaign[]> {
	const known: WatchedCampaign[] = [];
	for (const { campaignId, firstSentAt, sentRecipients } of campaigns) {
		const report = await store.campaignReport({ campaignId });
		if (report === null) continue;
		known.push({
			campaignId,
			// Ages are counted from the beginning of that hour.
			sentAt: new Date(Math.floor(Date.parse(firstSentAt) / HOUR_MS) * HOUR_MS),
			people: sentRecipients,
			ages: report.ages,
			providers:
				report.providers?.flatMap(({ domain, rates }) =>
					domain === null
						? []
						: {
								domain,
								people: rates.sentRecipients,
								opened: rates.confirmed.recipients,
							},
				) ?? null,
		});
	}
	return known;
}

function inWords({ anomalies, watched, notComparable }: AnomalyCheck): string {
	const lines = anomalies.map((anomaly) => anomaly.inWords);
	const compared = watched.length - notComparable.length;
	if (compared === 0) {
		lines.push('There is no campaign of the last two weeks that can be compared with others.');
	} else if (lines.length === 0) {
		lines.push(
			`Nothing out of the ordinary in ${compared} ${compared === 1 ? 'campaign' : 'campaigns'} of the last two weeks.`,
		);
	}
	if (notComparable.length > 0) {
		lines.push(
			`Not looked at, because too few campaigns came before, or too few people got it: ${notComparable.join(', ')}.`,
		);
	}
	return lines.join('\n');
}
