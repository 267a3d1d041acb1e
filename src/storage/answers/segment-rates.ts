import { sql } from 'kysely';

import { openRates } from '../../tracking/counters/open-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import type { Reader } from '../database/store-database';
import type { SegmentRates } from '../port/answers-store';
import { getCampaign } from '../statistics/statistics';

/**
 * The rates of a campaign by segment. Held back are groups of fewer than ten people, and those whose
 * difference from the whole campaign is: the rest of the campaign would tell the same.
 */
export async function segmentRates(db: Reader, campaignId: string): Promise<SegmentRates[]> {
	const rows = await db
		.selectFrom('recipient_segments as label')
		.innerJoin('recipient_tallies as tally', 'tally.recipient_id', 'label.recipient_id')
		.select('label.segment')
		.select([
			sql<number>`count(*)`.as('people'),
			sql<number>`count(tally.first_open_at)`.as('opened'),
			sql<number>`cast(sum(case when tally.first_open_at is null and tally.prefetch > 0
				and tally.scanner = 0 and tally.bot = 0 then 1 else 0 end) as bigint)`.as('hidden'),
		])
		.where('tally.campaign_id', '=', campaignId)
		.where('tally.sent', '>', sql.lit(0))
		.groupBy('label.segment')
		.orderBy('label.segment')
		.execute();
	const all = (await getCampaign(db, campaignId))?.rates;
	return rows.map(({ segment, people, opened, hidden }) => {
		const others = (all?.sentRecipients ?? 0) - people;
		const tells = people < DEFAULT_K || (others > 0 && others < DEFAULT_K);
		const counts = { sentRecipients: people, confirmed: opened, hidden };
		return { segment, rates: tells ? null : openRates(counts) };
	});
}
