import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { CampaignCounts } from '../../../../src/storage/port/counts';
import {
	checkCampaigns,
	type AnomalyCheck,
	type WatchedCampaign,
} from '../../../../src/tracking/anomalies/check-campaigns';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

const HOUR_MS = 3_600_000;
const PAGE = 500;
/** Campaigns of the last two weeks that are looked at. */
const MOST_WATCHED = 40;

export const checkAnomalies: Operation = {
	value: 'checkAnomalies',
	name: 'Check for Anomalies',
	action: 'Check campaigns for anomalies',
	description:
		'Compare the campaigns of the last two weeks with those before them: unusually many or few opens, more machines, a mailbox provider where nobody opens, nothing arriving at all',
	properties: [
		{
			displayName: 'Compare With',
			name: 'anomalyOthers',
			type: 'number',
			typeOptions: { minValue: 5, maxValue: 100 },
			default: 20,
			description: 'How many campaigns before each one say what is usual',
		},
	],
	async execute({ node, store, index }) {
		const others = node.getNodeParameter('anomalyOthers', index) as number;
		const now = new Date();
		const campaigns = await latestCampaigns(store, others + MOST_WATCHED);
		const check = checkCampaigns(campaigns, now, others);
		return toItems([
			{
				checkedAt: now.toISOString(),
				found: check.anomalies.length,
				inWords: inWords(check),
				...check,
			},
		]);
	},
};

function inWords({ anomalies, watched, notComparable }: AnomalyCheck): string {
	const lines = anomalies.map((anomaly) => anomaly.inWords);
	if (lines.length === 0) {
		const compared = watched.length - notComparable.length;
		lines.push(`Nothing out of the ordinary in ${compared} campaigns of the last two weeks.`);
	}
	if (notComparable.length > 0) {
		lines.push(
			`Not looked at, because too few campaigns came before, or too few people got it: ${notComparable.join(', ')}.`,
		);
	}
	return lines.join('\n');
}

/** The campaigns that were sent last, with what the check needs of them. */
async function latestCampaigns(store: TrackingStore, most: number): Promise<WatchedCampaign[]> {
	const sent: Array<CampaignCounts & { firstSentAt: string }> = [];
	for (let offset = 0; ; offset += PAGE) {
		const page = await store.searchCampaigns({ limit: PAGE, offset, sort: 'name' });
		for (const campaign of page.rows) {
			const { firstSentAt } = campaign;
			if (firstSentAt !== null) sent.push({ ...campaign, firstSentAt });
		}
		if (!page.hasMore) break;
	}
	sent.sort((a, b) => (a.firstSentAt < b.firstSentAt ? 1 : -1));
	const watched: WatchedCampaign[] = [];
	for (const { campaignId, firstSentAt, sentRecipients } of sent.slice(0, most)) {
		const report = await store.campaignReport({ campaignId });
		if (report === null) continue;
		watched.push({
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
	return watched;
}
