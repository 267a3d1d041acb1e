import { sql } from 'kysely';

import { timeOf } from '../database/checked-input';
import type { Reader } from '../database/store-database';
import { StoreError } from '../port/store-error';
import type { Comparison } from '../port/answers-store';
import { getCampaign, listOpensPerHour } from '../statistics/statistics';
import { byAge } from './ages';

const HOUR_MS = 3_600_000;

/** Two to four campaigns at the age that the youngest of them has reached. */
export async function compareCampaigns(
	db: Reader,
	campaignIds: readonly string[],
	now: Date,
): Promise<Comparison> {
	const ids = [...new Set(campaignIds)];
	if (ids.length < 2 || ids.length > 4) {
		throw new StoreError('invalid', 'Give two to four different campaigns to compare.');
	}
	const found = [];
	for (const id of ids) {
		const campaign = await getCampaign(db, id);
		if (campaign !== null) found.push(campaign);
	}
	const sent = found.map(({ firstSentAt }) => firstSentAt);
	const ageHours = sent.some((at) => at === null)
		? null
		: Math.max(
				0,
				Math.min(
					...sent.map((at) => Math.floor((timeOf(now, 'time') - Date.parse(at ?? '')) / HOUR_MS)),
				),
			);
	const campaigns: Comparison['campaigns'] = [];
	for (const campaign of found) {
		const { campaignId, firstSentAt, sentRecipients } = campaign;
		const start = Date.parse(firstSentAt ?? '');
		if (ageHours === null || found.length === 0 || Number.isNaN(start)) {
			campaigns.push({ campaign, openedOfSent: 0, confirmedRate: null, ages: [] });
			continue;
		}
		const to = new Date(start + ageHours * HOUR_MS);
		const hours = await listOpensPerHour(db, { campaignId, from: new Date(0), to });
		const openedOfSent = await openedBefore(db, campaignId, to.getTime());
		campaigns.push({
			campaign,
			openedOfSent,
			confirmedRate: sentRecipients === 0 ? null : openedOfSent / sentRecipients,
			ages: byAge(hours, firstSentAt),
		});
	}
	return { ageHours: found.length === 0 ? null : ageHours, campaigns };
}

async function openedBefore(db: Reader, campaignId: string, before: number): Promise<number> {
	const { count } = await db
		.selectFrom('recipient_tallies')
		.select(sql<number>`count(*)`.as('count'))
		.where('campaign_id', '=', campaignId)
		.where('first_open_at', 'is not', null)
		.where('first_open_at', '<', before)
		.where('sent', '>', sql.lit(0))
		.executeTakeFirstOrThrow();
	return count;
}
