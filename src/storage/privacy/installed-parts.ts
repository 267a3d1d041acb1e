import type { Probe, ProbeLoad } from '../../tracking/links/probe-link';
import { isoOf } from '../counters/counts-view';
import type { Reader, Writer } from '../database/store-database';
import type { InstalledPart, NotedPart } from '../port/privacy-store';

/** The last probe email stands beside the parts: what it found is about the installation as well. */
const PROBE = { kind: 'probe', id: 'last' };
const MOST_PROBE_LOADS = 20;

/** Notes how a part of the installation is set up. */
export async function savePart(db: Writer, part: InstalledPart): Promise<void> {
	await save(db, part);
}

async function save(db: Writer, part: Omit<InstalledPart, 'kind'> & { kind: string }) {
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
		.where('kind', '!=', PROBE.kind)
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

/** Keeps a new probe email in place of the one before. */
export async function startProbe(db: Writer, probe: Omit<Probe, 'loads'>): Promise<void> {
	await save(db, { ...PROBE, name: 'Probe email', settings: { ...probe, loads: [] } });
}

/** Adds a load to the probe it is of; one that is not kept any more changes nothing. */
export async function noteProbeLoad(db: Writer, { probeId, ...load }: ProbeLoad): Promise<void> {
	const probe = await lastProbe(db);
	if (probe?.probeId !== probeId || probe.loads.length >= MOST_PROBE_LOADS) return;
	const settings = { ...probe, loads: [...probe.loads, load] };
	await save(db, { ...PROBE, name: 'Probe email', settings });
}

/** The last probe email, with what loaded it. */
export async function lastProbe(db: Reader): Promise<Probe | null> {
	const row = await db
		.selectFrom('installed_parts')
		.select('settings')
		.where('kind', '=', PROBE.kind)
		.where('id', '=', PROBE.id)
		.executeTakeFirst();
	return row === undefined ? null : (JSON.parse(row.settings) as Probe);
}
