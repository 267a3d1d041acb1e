import { sql, type Kysely, type RawBuilder } from 'kysely';

import type { Scope, StoreSchema } from '../store-schema';

/** Recipients that nothing but a prefetch loaded, of those that were sent to. */
const HIDDEN = sql`sent > 0 and first_open_at is null and prefetch > 0 and scanner = 0 and bot = 0`;
const HIDDEN_OF_SENT = sql<number>`coalesce(sum(case when ${HIDDEN} then 1 else 0 end), 0)`;

/**
 * Sums count the hidden of those that were sent to, and know when the first and last message left:
 * worked out here for what is stored. Indexes by which the recipients of a campaign are listed.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.alterTable('tallies')
		.addColumn('hidden_of_sent', 'bigint', (column) => column.notNull().defaultTo(0))
		.execute();
	for (const name of ['first_sent_at', 'last_sent_at']) {
		await db.schema.alterTable('tallies').addColumn(name, 'bigint').execute();
	}
	await db.schema
		.createIndex('recipients_in_campaigns')
		.on('recipient_tallies')
		.columns(['campaign_id', 'recipient_id', 'parent'])
		.where(sql.ref('recipient_id'), '<>', sql.lit(''))
		.execute();
	await db.schema
		.createIndex('recipients_opened')
		.on('recipient_tallies')
		.columns(['campaign_id', 'first_open_at', 'parent', 'recipient_id'])
		.where(sql.ref('first_open_at'), 'is not', null)
		.execute();
	await db.schema
		.createIndex('recipients_loaded_by_machines')
		.on('recipient_tallies')
		.columns(['campaign_id', 'parent', 'recipient_id'])
		.where(sql.ref('first_open_at'), 'is', null)
		.where(sql<boolean>`prefetch + scanner + bot > 0`)
		.execute();
	const store = db as Kysely<StoreSchema>;
	const ofCampaigns = sql<string>`campaign_id`;
	await fill(store, 'campaign', sumsOf(store, ofCampaigns).groupBy(ofCampaigns));
	const ofPixels = sql<string>`substr(parent, 3)`;
	const inPixels = sql<boolean>`substr(parent, 1, 2) = 'p:'`;
	await fill(store, 'pixel', sumsOf(store, ofPixels).where(inPixels).groupBy(ofPixels));
	// The total is the sum of several rows; one that is there takes what came before.
	const total = await store
		.selectFrom('tallies')
		.select('scope_id')
		.where('scope', '=', 'total')
		.executeTakeFirst();
	if (total)
		await fill(store, 'total', sumsOf(store, sql<string>`cast(${total.scope_id} as text)`));
}

function sumsOf(db: Kysely<StoreSchema>, id: RawBuilder<string>) {
	return db
		.selectFrom('recipient_tallies')
		.select([id.as('id'), HIDDEN_OF_SENT.as('hidden')])
		.select(({ fn }) => [
			fn.min('first_sent_at').as('first_sent_at'),
			fn.max('last_sent_at').as('last_sent_at'),
		]);
}

async function fill(
	db: Kysely<StoreSchema>,
	scope: Scope,
	sums: ReturnType<typeof sumsOf>,
): Promise<void> {
	await db
		.updateTable('tallies')
		.from(sums.as('found'))
		.set((is) => ({
			hidden_of_sent: is.ref('found.hidden'),
			first_sent_at: is.ref('found.first_sent_at'),
			last_sent_at: is.ref('found.last_sent_at'),
		}))
		.where('tallies.scope', '=', scope)
		.whereRef('tallies.scope_id', '=', 'found.id')
		.execute();
}
