import { sql } from 'kysely';

import { VIEW_GAP_MS } from '../../tracking/counters/tally';
import { COUNTED_ACTORS } from '../../tracking/event/open-event';
import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';
import type { Place } from './tally-key';

const READ_ROWS = 500;

/** A counted load and where it belongs. */
export interface PlacedTime {
	place: Place;
	at: number;
}

/**
 * For each load, the counted loads of the same recipient that are next to it in the log, on either
 * side and at most 30 s away. In the order of `loads`.
 */
export async function nearbyOpens(db: Reader, loads: readonly PlacedTime[]): Promise<number[][]> {
	const found: number[][] = loads.map(() => []);
	const indexed = loads.map((load, index) => ({ ...load, index }));
	const named = indexed.filter(({ place }) => place.recipientId !== null);
	const anonymous = indexed.filter(({ place }) => place.recipientId === null);
	for (const [group, byRecipient] of [
		[named, true],
		[anonymous, false],
	] as const) {
		for (const part of chunks(group, READ_ROWS)) {
			for (const row of await query(db, part, byRecipient)) {
				const times = found[row.position];
				if (row.previous !== null) times?.push(row.previous);
				if (row.next !== null) times?.push(row.next);
			}
		}
	}
	return found;
}

interface Wanted {
	position: number;
	parent_pixel: string;
	parent_campaign: string;
	recipient: string;
	moment: number;
}

function query(
	db: Reader,
	loads: ReadonlyArray<PlacedTime & { index: number }>,
	byRecipient: boolean,
) {
	const values = loads.map(({ place, at, index }) => {
		const { pixelId, campaignId, recipientId } = place;
		return sql`(cast(${index} as bigint), ${pixelId ?? ''}, ${campaignId ?? ''}, ${recipientId ?? ''}, cast(${at} as bigint))`;
	});
	const times = loads.map(({ at }) => at);
	const wanted = db.with(
		'wanted(position, parent_pixel, parent_campaign, recipient, moment)',
		() => sql<Wanted>`(values ${sql.join(values)})`,
	);
	return wanted
		.selectFrom('wanted')
		.select((is) => {
			let counted = is
				.selectFrom('opens as near')
				.where('near.event', '=', sql.lit('open'))
				.where('near.actor', 'in', COUNTED_ACTORS)
				// For PostgreSQL, which leaves other days out before it knows a moment.
				.where('near.occurred_at', '>=', Math.min(...times) - VIEW_GAP_MS)
				.where('near.occurred_at', '<=', Math.max(...times) + VIEW_GAP_MS);
			if (byRecipient) {
				counted = counted
					.whereRef('near.recipient_id', '=', 'wanted.recipient')
					.where(sql<boolean>`coalesce(near.pixel_id, '') = wanted.parent_pixel`)
					.where(
						sql<boolean>`(wanted.parent_pixel <> '' or coalesce(near.campaign_id, '') = wanted.parent_campaign)`,
					);
			} else {
				counted = counted
					.whereRef('near.pixel_id', '=', 'wanted.parent_pixel')
					.where('near.recipient_id', 'is', null);
			}
			const reach = sql.lit(VIEW_GAP_MS);
			return [
				'wanted.position',
				counted
					.whereRef('near.occurred_at', '<=', 'wanted.moment')
					.where(sql<boolean>`near.occurred_at >= wanted.moment - ${reach}`)
					.select((near) => near.fn.max('near.occurred_at').as('at'))
					.as('previous'),
				counted
					.whereRef('near.occurred_at', '>', 'wanted.moment')
					.where(sql<boolean>`near.occurred_at <= wanted.moment + ${reach}`)
					.select((near) => near.fn.min('near.occurred_at').as('at'))
					.as('next'),
			];
		})
		.execute();
}
