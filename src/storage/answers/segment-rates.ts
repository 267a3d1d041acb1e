import { sql } from 'kysely';

import { openRates } from '../../tracking/counters/open-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import type { Reader } from '../database/store-database';
import type { SegmentRates } from '../port/answers-store';
import { getCampaign } from '../statistics/statistics';
import { CONFIRMED, IN_STATE } from './campaign-recipients';

/**
 * The rates of a campaign by segment. Held back are groups of fewer than ten people, and those whose
 * difference from the whole campaign is: the rest of the campaign would tell the same.
 */
export async function segmentRates(db: Reader, campaignId: string): Promise<SegmentRates[]> {
	const people = db
		.selectFrom('recipient_tallies')
		.select(['recipient_id', 'first_open_at', 'clicks', 'prefetch', 'scanner', 'bot'])
		.where('campaign_id', '=', campaignId)
		.where('recipient_id', '<>', sql.lit(''))
		.where('sent', '>', sql.lit(0))
		// Read first: the labels of all other campaigns are many more.
		.limit(Number.MAX_SAFE_INTEGER);
	const rows = await db
		.selectFrom(people.as('tally'))
		.innerJoin('recipient_segments as label', 'label.recipient_id', 'tally.recipient_id')
		.select('label.segment')
		.select([
			sql<number>`count(*)`.as('people'),
			sql<number>`cast(sum(case when ${CONFIRMED} then 1 else 0 end) as bigint)`.as('confirmed'),
			sql<number>`cast(sum(case when ${IN_STATE.hidden} then 1 else 0 end) as bigint)`.as('hidden'),
		])
		.groupBy('label.segment')
		.orderBy('label.segment')
		.execute();
	const all = (await getCampaign(db, campaignId))?.rates;
	return rows.map(({ segment, people, confirmed, hidden }) => {
		const others = (all?.sentRecipients ?? 0) - people;
		const tells = people < DEFAULT_K || (others > 0 && others < DEFAULT_K);
		const counts = { sentRecipients: people, confirmed, hidden };
		return { segment, rates: tells ? null : openRates(counts) };
	});
}
