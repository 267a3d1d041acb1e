import { sql } from 'kysely';

import type { Reader } from '../database/store-database';

/**
 * Entries that nothing is counted under, as in mode `pseudonymous`, of pixels that something was sent
 * with or that were loaded.
 */
export function withoutCounters(db: Reader) {
	return db
		.selectFrom('recipients as entry')
		.innerJoin('tallies as pixel', (join) =>
			join.on('pixel.scope', '=', 'pixel').onRef('pixel.scope_id', '=', 'entry.pixel_id'),
		)
		.where((is) =>
			is.or([is('pixel.last_load_at', 'is not', null), is('pixel.last_sent_at', 'is not', null)]),
		)
		.where((is) =>
			is.not(
				is.exists(
					is
						.selectFrom('recipient_tallies as tally')
						.select('tally.parent')
						.where('tally.parent', '=', sql<string>`'p:' || entry.pixel_id`)
						.whereRef('tally.recipient_id', '=', 'entry.recipient_id'),
				),
			),
		);
}
