import { chunks } from '../database/chunks';
import type { Reader } from '../database/store-database';

const ROWS = 1000;

/** Which of these keys are on the list of erased people, by reads of the primary key. */
export async function deniedAmong(
	db: Reader,
	denylistKeys: readonly string[],
): Promise<Set<string>> {
	const denied = new Set<string>();
	for (const part of chunks([...new Set(denylistKeys)], ROWS)) {
		const rows = await db.selectFrom('denylist').select('id').where('id', 'in', part).execute();
		for (const { id } of rows) denied.add(id);
	}
	return denied;
}
