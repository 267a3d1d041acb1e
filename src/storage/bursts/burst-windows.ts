import {
	DOMAIN_BURST,
	NETWORK_BURST,
	observeBurst,
	type BurstPlace,
	type BurstRelabel,
	type BurstWindow,
	type PlacedLoad,
} from '../../tracking/bursts/burst-rules';
import { relabelsOfBurst } from '../../tracking/bursts/relabels-of-burst';
import { chunks } from '../database/chunks';
import type { Reader, Writer } from '../database/store-database';
import type { BurstWindowsTable } from '../database/store-schema';
import { relabel } from '../opens/relabel-opens';
import type { Relabel } from '../port/tracking-store';

/**
 * Windows kept of each kind; those touched longest ago go first. With full windows that is about
 * 150 MB, with the usual one or two loads about 10 MB.
 */
export const MAX_STORED_WINDOWS = 20_000;

/** Rows per statement: SQLite takes 32,766 parameters, a row has four. */
const ROWS = 500;
/** More than a batch can add, so that one statement removes all that is too many. */
const DELETE_ROWS = 100_000;

type Kind = BurstWindowsTable['kind'];
const LOOKS_BACK_MS: Readonly<Record<Kind, number>> = {
	recipient: NETWORK_BURST.windowMs,
	address: DOMAIN_BURST.windowMs,
};
const KINDS = ['recipient', 'address'] as const satisfies readonly Kind[];

export interface ObserveOptions {
	/** The keyed hash of a domain; without it recipients whose domain only the store knows are left out */
	markOf?: (domain: string) => string;
	/** Windows kept of each kind */
	maxWindows?: number;
}

/** See `TrackingStore.observeBursts`. */
export async function observeBursts(
	db: Writer,
	unmarked: readonly PlacedLoad[],
	now: Date,
	{ markOf, maxWindows = MAX_STORED_WINDOWS }: ObserveOptions = {},
): Promise<Relabel[]> {
	if (unmarked.length === 0) return [];
	const loads = markOf ? await markDomains(db, unmarked, markOf) : unmarked;
	const windows = await readWindows(db, loads);
	const named = new Map<string, BurstRelabel>();
	for (const load of loads) {
		const before = {
			recipient: windowOf(windows, load.recipient),
			address: windowOf(windows, load.address),
		};
		const after = observeBurst(before, load);
		for (const kind of KINDS) {
			const place = load[kind];
			if (place?.mark) windows.set(place.name, { kind, window: after.windows[kind] });
		}
		for (const each of after.relabels) {
			if (!named.has(each.eventId)) named.set(each.eventId, each);
		}
	}
	const missing: Relabel[] = [];
	for (const change of relabelsOfBurst([...named.values()])) {
		if ((await relabel(db, change)) === 'unknown') missing.push(change);
	}
	await writeWindows(db, windows, new Set(missing.map(({ eventId }) => eventId)), now);
	await dropOldWindows(db, now);
	for (const kind of KINDS) await keepNewest(db, kind, maxWindows);
	return missing;
}

/** Drops the windows that nothing was added to for longer than their rule looks back. */
export async function dropOldWindows(db: Writer, now: Date): Promise<void> {
	for (const kind of KINDS) {
		await db
			.deleteFrom('burst_windows')
			.where('kind', '=', kind)
			.where('touched_at', '<=', now.getTime() - LOOKS_BACK_MS[kind])
			.execute();
	}
}

/**
 * Forgets all windows. For when somebody is erased: they do not say which are theirs, and minutes
 * of memory are no loss.
 */
export async function emptyWindows(db: Writer): Promise<void> {
	await db.deleteFrom('burst_windows').execute();
}

/** Gives the loads of registered recipients the mark of the domain that the store knows. */
async function markDomains(
	db: Reader,
	loads: readonly PlacedLoad[],
	markOf: (domain: string) => string,
): Promise<PlacedLoad[]> {
	const ids = loads.filter(({ address }) => address?.mark === null).map(({ eventId }) => eventId);
	const marks = new Map<string, string>();
	for (const part of chunks(ids, ROWS)) {
		const rows = await db
			.selectFrom('opens')
			.innerJoin('recipients', (join) =>
				join
					.onRef('recipients.pixel_id', '=', 'opens.pixel_id')
					.onRef('recipients.recipient_id', '=', 'opens.recipient_id'),
			)
			.select(['opens.event_id', 'recipients.email'])
			.where('opens.event_id', 'in', part)
			.execute();
		for (const { event_id, email } of rows) {
			const domain = email?.split('@').at(-1);
			if (domain) marks.set(event_id, markOf(domain));
		}
	}
	return loads.map((load) => {
		const mark = marks.get(load.eventId);
		return load.address && mark ? { ...load, address: { ...load.address, mark } } : load;
	});
}

interface KnownWindow {
	kind: Kind;
	window: BurstWindow;
}

/** The windows of these loads, by name. Windows that are not stored are left out. */
async function readWindows(
	db: Reader,
	loads: readonly PlacedLoad[],
): Promise<Map<string, KnownWindow>> {
	const names = new Set(
		loads.flatMap(({ recipient, address }) => [recipient?.name ?? [], address?.name ?? []].flat()),
	);
	const found = new Map<string, KnownWindow>();
	for (const part of chunks([...names], ROWS)) {
		const rows = await db
			.selectFrom('burst_windows')
			.select(['name', 'kind', 'window'])
			.where('name', 'in', part)
			.execute();
		for (const { name, kind, window } of rows) {
			found.set(name, { kind, window: JSON.parse(window) as BurstWindow });
		}
	}
	return found;
}

function windowOf(windows: Map<string, KnownWindow>, place: BurstPlace | null): BurstWindow {
	return (place === null ? undefined : windows.get(place.name)?.window) ?? [];
}

/** @param missing opens that are not in the log yet: the next load of their window names them again */
async function writeWindows(
	db: Writer,
	windows: Map<string, KnownWindow>,
	missing: ReadonlySet<string>,
	now: Date,
): Promise<void> {
	const rows = [...windows].map(([name, { kind, window }]) => ({
		name,
		kind,
		window: JSON.stringify(
			window.map((each) => (missing.has(each.eventId) ? { ...each, open: true } : each)),
		),
		touched_at: now.getTime(),
	}));
	for (const part of chunks(rows, ROWS)) {
		await db
			.insertInto('burst_windows')
			.values(part)
			.onConflict((conflict) =>
				conflict.column('name').doUpdateSet((is) => ({
					window: is.ref('excluded.window'),
					touched_at: is.ref('excluded.touched_at'),
				})),
			)
			.execute();
	}
}

/** Removes the windows touched longest ago while there are too many. */
async function keepNewest(db: Writer, kind: Kind, maxWindows: number): Promise<void> {
	await db
		.deleteFrom('burst_windows')
		.where('name', 'in', (is) =>
			is
				.selectFrom('burst_windows')
				.select('name')
				.where('kind', '=', kind)
				.orderBy('touched_at', 'desc')
				.orderBy('name', 'desc')
				.limit(DELETE_ROWS)
				.offset(maxWindows),
		)
		.execute();
}
