import { requiredId } from '../database/checked-input';
import type { Writer } from '../database/store-database';
import type { KnownKey } from '../port/privacy-store';

/**
 * Notes the keys that this store is used with, unless one that it was used with before is missing
 * among them.
 *
 * @returns the ids of those that are missing, or are other keys under a known id; sorted
 */
export async function noteKeys(db: Writer, keys: readonly KnownKey[]): Promise<string[]> {
	const known = await db.selectFrom('signing_keys').selectAll().execute();
	const given = new Map(keys.map(({ id, fingerprint }) => [id, fingerprint]));
	const missing = known
		.filter(({ id, fingerprint, lost }) => !lost && given.get(id) !== fingerprint)
		.map(({ id }) => id)
		.sort();
	if (missing.length > 0) return missing;
	for (const { id, fingerprint } of keys) {
		const row = { id: requiredId(id, 'key id'), fingerprint, lost: 0 };
		await db
			.insertInto('signing_keys')
			.values(row)
			.onConflict((conflict) => conflict.column('id').doUpdateSet({ fingerprint, lost: 0 }))
			.execute();
	}
	return [];
}

/** Goes on without a key that is lost for good. Returns whether the store knew it. */
export async function giveUpKey(db: Writer, id: string): Promise<boolean> {
	const { numUpdatedRows } = await db
		.updateTable('signing_keys')
		.set({ lost: 1 })
		.where('id', '=', id)
		.where('lost', '=', 0)
		.executeTakeFirst();
	return numUpdatedRows > 0n;
}
