import { sql } from 'kysely';

import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import type { CountTable } from '../../tracking/minimise/k-anonymity';
import type { Reader } from '../database/store-database';
import type { PeopleColumn } from '../port/privacy-store';

const COLUMNS = {
	family: 'client_family',
	os: 'client_os',
	device: 'client_device',
	actor: 'actor',
	// Of whom the segments are then put together, so that everybody still stands in one cell.
	segment: 'recipient_id',
} as const satisfies Record<PeopleColumn, string>;
const NOT_KNOWN = 'not known';

/**
 * How many people opened, per campaign and one more question. Each person counts once in each
 * campaign, under what their first counted open said, so that the cells of a row add up.
 */
export async function countPeople(db: Reader, by: PeopleColumn): Promise<CountTable> {
	const first = db
		.selectFrom('opens')
		.select(['campaign_id', `${COLUMNS[by]} as answer`])
		.select(
			sql<number>`row_number() over (
				partition by campaign_id, recipient_id order by occurred_at, event_id)`.as('place'),
		)
		.where('event', '=', 'open')
		.where('recipient_id', 'is not', null)
		.where('actor', 'in', COUNTED_ACTORS);
	const people = db.selectFrom(first.as('first')).where('place', '=', 1).select('campaign_id');
	const answers =
		by === 'segment'
			? people.select((is) =>
					is
						.selectFrom('recipient_segments as label')
						.select(sql<string>`string_agg(segment, ' + ' order by segment)`.as('labels'))
						.whereRef('label.recipient_id', '=', 'first.answer')
						.as('answer'),
				)
			: people.select('answer');
	const cells = await db
		.selectFrom(answers.as('one'))
		.select(['campaign_id', 'answer'])
		.select(sql<number>`count(*)`.as('people'))
		.groupBy(['campaign_id', 'answer'])
		.execute();
	const rows = [...new Set(cells.map((cell) => cell.campaign_id ?? NOT_KNOWN))].sort();
	const missing = by === 'segment' ? 'no segment' : NOT_KNOWN;
	const columns = [...new Set(cells.map((cell) => cell.answer ?? missing))].sort();
	const counts = rows.map(() => columns.map(() => 0));
	for (const { campaign_id, answer, people } of cells) {
		const row = rows.indexOf(campaign_id ?? NOT_KNOWN);
		counts[row][columns.indexOf(answer ?? missing)] += people;
	}
	return { rows, columns, counts };
}
