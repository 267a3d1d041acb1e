import { sql, type Kysely, type RawBuilder } from 'kysely';

import type { Scope, StoreSchema } from '../store-schema';

/**
 * Sums count who clicked of those that were sent to, worked out here for what is stored. Indexes by
 * which the clicks and the clickers of a campaign are found among its opens.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.alterTable('tallies')
		.addColumn('clicked_of_sent', 'bigint', (column) => column.notNull().defaultTo(0))
		.execute();
	for (const place of ['campaign', 'pixel']) {
		await db.schema
			.createIndex(`clicks_by_${place}`)
			.on('opens')
			.columns([`${place}_id`, 'occurred_at', 'event_id'])
			.where(sql.ref('event'), '=', sql.lit('click'))
			.execute();
	}
	await db.schema
		.createIndex('recipients_clicked')
		.on('recipient_tallies')
		.columns(['campaign_id', 'recipient_id', 'parent'])
		.where(sql.ref('clicks'), '>', sql.lit(0))
		.execute();
	const store = db as Kysely<StoreSchema>;
	const ofCampaigns = sql<string>`campaign_id`;
	await fill(store, 'campaign', clickersOf(store, ofCampaigns).groupBy(ofCampaigns));
	const ofPixels = sql<string>`substr(parent, 3)`;
	const inPixels = sql<boolean>`substr(parent, 1, 2) = 'p:'`;
	await fill(store, 'pixel', clickersOf(store, ofPixels).where(inPixels).groupBy(ofPixels));
	// The total is the sum of several rows; one that is there takes what came before.
	const total = await store
		.selectFrom('tallies')
		.select('scope_id')
		.where('scope', '=', 'total')
		.executeTakeFirst();
	if (total)
		await fill(store, 'total', clickersOf(store, sql<string>`cast(${total.scope_id} as text)`));
}

function clickersOf(db: Kysely<StoreSchema>, id: RawBuilder<string>) {
	return db
		.selectFrom('recipient_tallies')
		.select([id.as('id'), sql<number>`count(*)`.as('clickers')])
		.where(sql<boolean>`clicks > 0 and sent > 0`);
}

async function fill(
	db: Kysely<StoreSchema>,
	scope: Scope,
	found: ReturnType<typeof clickersOf>,
): Promise<void> {
	await db
		.updateTable('tallies')
		.from(found.as('found'))
		.set((is) => ({ clicked_of_sent: is.ref('found.clickers') }))
		.where('tallies.scope', '=', scope)
		.whereRef('tallies.scope_id', '=', 'found.id')
		.execute();
}
