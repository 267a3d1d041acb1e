import { sql } from 'kysely';

import { clickRates } from '../../tracking/counters/click-rates';
import { openRates } from '../../tracking/counters/open-rates';
import { DEFAULT_K } from '../../tracking/minimise/k-anonymity';
import type { Reader } from '../database/store-database';
import type { SegmentRates } from '../port/answers-store';
import { getCampaign } from '../statistics/statistics';
import { CONFIRMED, IN_STATE } from '../counters/recipient-states';

const OPENED = sql`tally.first_open_at is not null`;
const CLICKED = IN_STATE.clicked;

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
			sql<number>`cast(sum(case when ${CLICKED} then 1 else 0 end) as bigint)`.as('clicked'),
			sql<number>`cast(sum(case when ${OPENED} then 1 else 0 end) as bigint)`.as('opened'),
			sql<number>`cast(sum(case when ${OPENED} and ${CLICKED} then 1 else 0 end) as bigint)`.as(
				'both',
			),
		])
		.groupBy('label.segment')
		.orderBy('label.segment')
		.execute();
	const campaign = await getCampaign(db, campaignId);
	return rows.map(({ segment, people, confirmed, hidden, clicked, opened, both }) => {
		const others = (campaign?.sentRecipients ?? 0) - people;
		const tells = people < DEFAULT_K || (others > 0 && others < DEFAULT_K);
		const counts = { sentRecipients: people, confirmed, hidden };
		if (tells) return { segment, rates: null, clickRates: null };
		const ofClicks = {
			// Of the whole campaign: a segment in which nobody clicks has a rate, which is 0.
			clicks: campaign?.clicks ?? 0,
			machineClicks: campaign?.machineClicks ?? 0,
			sentRecipients: people,
			clickedOfSent: clicked,
			opened,
			openedAndClicked: both,
		};
		return { segment, rates: openRates(counts), clickRates: clickRates(ofClicks) };
	});
}
