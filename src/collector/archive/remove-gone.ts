import type { TrackingStore } from '../../storage/port/tracking-store';
import type { KeyRing } from '../../tracking/links/key-ring';
import { denylistKeysOf } from '../../tracking/people/subject-keys';
import { qualified, type ArchiveTable } from './archive-table';
import type { ClickHouse } from './click-house';
import { deleteRows } from './delete-rows';

/** Names that the store is asked about at once. */
const AT_ONCE = 1000;
/** From so many bytes on ClickHouse groups on disk. */
const GROUP_IN_MEMORY = { max_bytes_before_external_group_by: '1000000000' };

export interface RemoveOptions {
	store: Pick<TrackingStore, 'deniedAmong' | 'deletedPixelsAmong' | 'findOpens'>;
	keyRing: KeyRing;
	clickHouse: ClickHouse;
	table: ArchiveTable;
	signal: AbortSignal;
}

/** How many left the archive. */
export interface Removed {
	pixels: number;
	people: number;
	pseudonyms: number;
}

/**
 * Removes from the archive what left the store for another reason than its age: deleted pixels,
 * people who were erased, and pseudonyms of whom the store no longer has the newest open, since of
 * a pseudonym alone nobody can tell whether its person was erased. Asks about every name there is,
 * so that it does not matter when that happened, and what a restart or a second archiver does.
 */
export async function removeGone(options: RemoveOptions): Promise<Removed> {
	const { store, keyRing, table } = options;
	const from = `FROM ${qualified(table)} WHERE`;
	const pixels = await removeNames(options, {
		column: 'pixel_id',
		query: `SELECT pixel_id AS name ${from} pixel_id != '' GROUP BY name`,
		goneAmong: async (rows) => await store.deletedPixelsAmong(rows.map(({ name }) => name)),
	});
	const people = await removeNames(options, {
		column: 'recipient_id',
		query: `SELECT recipient_id AS name ${from} recipient_id != '' AND tracking_mode != 'pseudonymous' GROUP BY name`,
		goneAmong: async (rows) => {
			const keys = new Map(rows.map(({ name }) => [name, denylistKeysOf(name, keyRing)]));
			const denied = await store.deniedAmong([...keys.values()].flat());
			return new Set(
				[...keys].flatMap(([name, own]) => (own.some((key) => denied.has(key)) ? [name] : [])),
			);
		},
	});
	const pseudonyms = await removeNames(options, {
		column: 'recipient_id',
		query: `SELECT recipient_id AS name, argMax(event_id, occurred_at) AS newest, toUnixTimestamp64Milli(max(occurred_at)) AS newest_at ${from} recipient_id != '' AND tracking_mode = 'pseudonymous' GROUP BY name`,
		goneAmong: async (rows) => {
			const found = await store.findOpens(
				rows.map(({ newest, newest_at }) => ({
					eventId: newest,
					occurredAt: new Date(Number(newest_at)).toISOString(),
				})),
			);
			const there = new Set(found.map(({ eventId }) => eventId));
			return new Set(rows.flatMap(({ name, newest }) => (there.has(newest) ? [] : [name])));
		},
	});
	return { pixels, people, pseudonyms };
}

interface NamedRow {
	name: string;
	newest: string;
	/** Milliseconds since 1970 */
	newest_at: string;
}

async function removeNames(
	{ clickHouse, table, signal }: RemoveOptions,
	{
		column,
		query,
		goneAmong,
	}: {
		column: 'pixel_id' | 'recipient_id';
		query: string;
		goneAmong(rows: readonly NamedRow[]): Promise<ReadonlySet<string>>;
	},
): Promise<number> {
	const gone: string[] = [];
	let asked: NamedRow[] = [];
	const ask = async () => {
		gone.push(...(await goneAmong(asked)));
		asked = [];
	};
	for await (const row of clickHouse.rows<NamedRow>(query, GROUP_IN_MEMORY)) {
		asked.push(row);
		if (asked.length === AT_ONCE) await ask();
	}
	await ask();
	if (gone.length > 0) await deleteRows(clickHouse, table, column, gone, signal);
	return gone.length;
}
