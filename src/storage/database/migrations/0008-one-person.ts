import type { Kysely } from 'kysely';

import { normalId } from '../../../tracking/people/normal-id';
import type { StoreSchema } from '../store-schema';

const ROWS = 1000;

/**
 * Recipients get their address in the form that people are compared in, with an index, so that a
 * person is found under all pixels. Consents are kept under ids in that form.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable('recipients').addColumn('address', 'text').execute();
	const store = db as Kysely<StoreSchema>;
	await fillAddresses(store);
	await db.schema
		.createIndex('recipients_by_address')
		.on('recipients')
		.columns(['address', 'recipient_id'])
		.execute();
	await normalConsents(store);
}

async function fillAddresses(db: Kysely<StoreSchema>): Promise<void> {
	let last = '';
	for (;;) {
		const rows = await db
			.selectFrom('recipients')
			.select(['id', 'email'])
			.where('id', '>', last)
			.where('email', 'is not', null)
			.orderBy('id')
			.limit(ROWS)
			.execute();
		for (const { id, email } of rows) {
			const address = normalId(email ?? '');
			await db.updateTable('recipients').set({ address }).where('id', '=', id).execute();
		}
		if (rows.length < ROWS) return;
		last = rows[rows.length - 1].id;
	}
}

async function normalConsents(db: Kysely<StoreSchema>): Promise<void> {
	const spelled = await states(db).where('state.recipient_key', 'like', '%@%').execute();
	for (const { recipient_key: key, purpose, occurred_at } of spelled) {
		const normal = normalId(key);
		if (normal === key) continue;
		const known = await states(db)
			.where('state.recipient_key', '=', normal)
			.where('state.purpose', '=', purpose)
			.executeTakeFirst();
		// What the person said last counts.
		const older = known !== undefined && known.occurred_at < occurred_at ? normal : key;
		if (known !== undefined) {
			await db
				.deleteFrom('consent_states')
				.where('recipient_key', '=', older)
				.where('purpose', '=', purpose)
				.execute();
		}
		for (const table of ['consent_states', 'consent_records'] as const) {
			await db
				.updateTable(table)
				.set({ recipient_key: normal })
				.where('recipient_key', '=', key)
				.where('purpose', '=', purpose)
				.execute();
		}
	}
}

function states(db: Kysely<StoreSchema>) {
	return db
		.selectFrom('consent_states as state')
		.innerJoin('consent_records as record', 'record.record_id', 'state.record_id')
		.select(['state.recipient_key', 'state.purpose', 'record.occurred_at']);
}
