import { sql } from 'kysely';

import type { PixelTally, RecipientTally } from '../../tracking/counters/tally';
import { chunks } from '../database/chunks';
import { engineOf, type Reader } from '../database/store-database';
import { textOfKey } from './tally-key';
import type { TallyKey } from './tally-key';
import { toPixelTally, toRecipientTally } from './tally-rows';

const READ_ROWS = 1000;

/**
 * The counters of these pixels, by their ids; those that are not known are left out.
 *
 * @param options.held whether nobody else may change them until the transaction ends
 */
export async function readPixelSums(
	db: Reader,
	pixelIds: readonly string[],
	{ held = false } = {},
): Promise<Map<string, PixelTally>> {
	const found = new Map<string, PixelTally>();
	const isLocked = held && engineOf(db) === 'postgres';
	for (const part of chunks([...new Set(pixelIds)].sort(), READ_ROWS)) {
		const rows = await db
			.selectFrom('tallies')
			.selectAll()
			.where('scope', '=', 'pixel')
			.where('scope_id', 'in', part)
			.$if(isLocked, (query) => query.orderBy('scope_id').forUpdate())
			.execute();
		for (const row of rows) found.set(row.scope_id, toPixelTally(row));
	}
	return found;
}

/**
 * The counters of these recipients, by `textOfKey`; those that are not known are left out.
 *
 * @param options.held whether nobody else may change them until the transaction ends
 */
export async function readRecipientTallies(
	db: Reader,
	keys: readonly TallyKey[],
	{ held = false } = {},
): Promise<Map<string, RecipientTally>> {
	const found = new Map<string, RecipientTally>();
	const isLocked = held && engineOf(db) === 'postgres';
	for (const part of chunks(keys, READ_ROWS)) {
		const pairs = part.map((key) => sql`(${key.parent}, ${key.recipientId})`);
		const rows = await db
			.with(
				'wanted(parent, recipient_id)',
				() => sql<{ parent: string; recipient_id: string }>`(values ${sql.join(pairs)})`,
			)
			.selectFrom('wanted')
			.innerJoin('recipient_tallies as tally', (join) =>
				join
					.onRef('tally.parent', '=', 'wanted.parent')
					.onRef('tally.recipient_id', '=', 'wanted.recipient_id'),
			)
			.selectAll('tally')
			.$if(isLocked, (query) =>
				query.orderBy('tally.parent').orderBy('tally.recipient_id').forUpdate('tally'),
			)
			.execute();
		for (const row of rows) {
			const key = { parent: row.parent, recipientId: row.recipient_id };
			found.set(textOfKey(key), toRecipientTally(row));
		}
	}
	return found;
}
