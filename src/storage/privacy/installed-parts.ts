import { isoOf } from '../counters/counts-view';
import type { Reader, Writer } from '../database/store-database';
import type { InstalledPart, NotedPart } from '../port/privacy-store';

/** Notes how a part of the installation is set up. */
export async function savePart(db: Writer, part: InstalledPart): Promise<void> {
	const now = { name: part.name, settings: JSON.stringify(part.settings), updated_at: Date.now() };
	await db
		.insertInto('installed_parts')
		.values({ kind: part.kind, id: part.id, ...now })
		.onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet(now))
		.execute();
}

export async function removePart(
	db: Writer,
	kind: InstalledPart['kind'],
	id: string,
): Promise<void> {
	await db.deleteFrom('installed_parts').where('kind', '=', kind).where('id', '=', id).execute();
}

/** How every part is set up, with when it said so last. */
export async function listParts(db: Reader): Promise<NotedPart[]> {
	const rows = await db
		.selectFrom('installed_parts')
		.selectAll()
		.orderBy('kind')
		.orderBy('name')
		.orderBy('id')
		.execute();
	return rows.map(({ kind, id, name, settings, updated_at: updatedAt }) => ({
		kind: kind as InstalledPart['kind'],
		id,
		name,
		settings: JSON.parse(settings) as Record<string, unknown>,
		notedAt: isoOf(updatedAt),
	}));
}
