import type { SelectQueryBuilder } from 'kysely';

import { isStronger } from '../../tracking/bursts/click-rules';
import {
	DOMAIN_BURST,
	NETWORK_BURST,
	observeBurst,
	type BurstLabel,
	type BurstPlace,
	type BurstWindow,
	type PlacedLoad,
} from '../../tracking/bursts/burst-rules';
import { storable } from '../database/checked-input';
import { chunks } from '../database/chunks';
import { engineOf, type Reader, type Writer } from '../database/store-database';
import type { BurstWindowsTable, StoreSchema } from '../database/store-schema';
import type { LoadInPlace } from '../../tracking/receive/receive-types';
import type { BurstOptions } from '../port/tracking-store';

/**
 * Windows kept of each kind; those touched longest ago go first. With full windows that is about
 * 250 MB, with the usual one or two loads about 10 MB.
 */
export const MAX_STORED_WINDOWS = 20_000;

/** Rows per statement: SQLite takes 32,766 parameters, a row has four. */
const ROWS = 500;
/** Looking for windows to drop costs more than a small transaction has to do otherwise. */
const CLEAN_EVERY_MS = 1000;

type Kind = BurstWindowsTable['kind'];
const LOOKS_BACK_MS: Readonly<Record<Kind, number>> = {
	recipient: NETWORK_BURST.windowMs,
	address: DOMAIN_BURST.windowMs,
	// As long as an open may be on its way through a workflow.
	label: 24 * 3_600_000,
};
const WINDOW_KINDS = ['recipient', 'address'] as const satisfies readonly Kind[];
const KINDS: readonly Kind[] = [...WINDOW_KINDS, 'label'];

/** The labels that loads brought. */
export interface FoundBursts {
	/** Of the opens that are about to enter the log, by their ids */
	fresh: Map<string, BurstLabel>;
	/** Of others: they are in the log, or on their way to it */
	earlier: BurstLabel[];
}

interface FindOptions {
	/** Windows kept of each kind */
	maxWindows?: number;
	/** Milliseconds since 1970 */
	now?: number;
	/** Whether windows that are old or too many are looked for as well */
	cleans?: boolean;
}

/** Says when it is time to look for windows to drop: one per store. */
export function cleaningTimes(): () => boolean {
	let last = -Infinity;
	return () => {
		const isTime = performance.now() - last >= CLEAN_EVERY_MS;
		if (isTime) last = performance.now();
		return isTime;
	};
}

/**
 * Adds loads to the windows, and says which opens are now seen to be a scanner's.
 *
 * @param entering ids of the opens that are about to enter the log: also those are named that an
 *   earlier load has shown to be a scanner's
 * @param markOf the keyed hash of a domain (`domainMark`), for registered recipients, whose domain
 *   the load does not say
 */
export async function findBursts(
	db: Writer,
	entering: ReadonlySet<string>,
	unmarked: readonly LoadInPlace[],
	{
		markOf,
		maxWindows = MAX_STORED_WINDOWS,
		now = Date.now(),
		cleans = true,
	}: Pick<BurstOptions, 'markOf'> & FindOptions = {},
): Promise<FoundBursts> {
	const fresh = await takeLabels(db, [...entering]);
	const earlier = new Map<string, BurstLabel>();
	if (unmarked.length === 0) return { fresh, earlier: [] };
	const loads = markOf ? await markDomains(db, unmarked, markOf) : unmarked.map(({ load }) => load);
	const windows = await readWindows(db, loads);
	const known = new Set(windows.keys());
	for (const load of loads) {
		const after = observeBurst(
			{
				recipient: windowOf(windows, load.recipient),
				address: windowOf(windows, load.address),
			},
			load,
		);
		for (const kind of WINDOW_KINDS) {
			const place = load[kind];
			if (place?.mark) windows.set(place.name, { kind, window: after.windows[kind] });
		}
		for (const label of after.labels) {
			const among = entering.has(label.eventId) ? fresh : earlier;
			const known = among.get(label.eventId);
			if (!known || isStronger(label.actorReason, known.actorReason))
				among.set(label.eventId, label);
		}
	}
	const written = [...windows].map(([name, { kind, window }]) => ({ name, kind, value: window }));
	for (const isKnown of [true, false]) {
		const rows = written.filter(({ name }) => known.has(name) === isKnown);
		await writeRows(db, rows, now, isKnown);
	}
	if (cleans) {
		await dropOldWindows(db, new Date(now));
		for (const kind of WINDOW_KINDS) await keepNewest(db, kind, maxWindows);
	}
	return { fresh, earlier: [...earlier.values()] };
}

/** Keeps the labels of opens that are on their way, until {@link findBursts} meets them. */
export async function keepLabels(db: Writer, labels: readonly BurstLabel[]): Promise<void> {
	if (labels.length === 0) return;
	const rows = labels.map(
		(label) => ({ name: label.eventId, kind: 'label', value: label }) as const,
	);
	await writeRows(db, rows, Date.now(), true);
	await keepNewest(db, 'label', MAX_STORED_WINDOWS);
}

/** Drops the windows that nothing was added to for longer than their rule looks back. */
export async function dropOldWindows(db: Writer, now: Date): Promise<void> {
	for (const kind of KINDS) {
		const old = db
			.selectFrom('burst_windows')
			.select('name')
			.where('kind', '=', kind)
			.where('touched_at', '<=', now.getTime() - LOOKS_BACK_MS[kind]);
		await db.deleteFrom('burst_windows').where('name', 'in', notHeld(db, old)).execute();
	}
}

/**
 * Forgets all windows. For when somebody is erased: they do not say which are theirs, and minutes
 * of memory are no loss.
 */
export async function emptyWindows(db: Writer): Promise<void> {
	await db.deleteFrom('burst_windows').execute();
}

/** The labels that wait for these opens, which are now taken from there. */
async function takeLabels(db: Writer, ids: readonly string[]): Promise<Map<string, BurstLabel>> {
	const labels = new Map<string, BurstLabel>();
	for (const part of chunks(ids, ROWS)) {
		const rows = await db
			.selectFrom('burst_windows')
			.select(['name', 'window'])
			.where('kind', '=', 'label')
			.where('name', 'in', part)
			.execute();
		for (const { name, window } of rows) labels.set(name, JSON.parse(window) as BurstLabel);
	}
	for (const part of chunks([...labels.keys()], ROWS)) {
		await db.deleteFrom('burst_windows').where('name', 'in', part).execute();
	}
	return labels;
}

/** Gives the loads of registered recipients the mark of the domain that the store knows. */
async function markDomains(
	db: Reader,
	loads: readonly LoadInPlace[],
	markOf: (domain: string) => string,
): Promise<PlacedLoad[]> {
	const unmarked = loads.filter(({ load }) => load.address?.mark === null);
	const emails = new Map<string, string>();
	const nameOf = (pixelId: string | null, recipientId: string | null) =>
		JSON.stringify([pixelId, recipientId]);
	for (const part of chunks(unmarked, ROWS)) {
		const rows = await db
			.selectFrom('recipients')
			.select(['pixel_id', 'recipient_id', 'email'])
			.where('pixel_id', 'in', distinct(part.map(({ event }) => event.pixelId)))
			.where('recipient_id', 'in', distinct(part.map(({ event }) => event.recipientId)))
			.execute();
		for (const { pixel_id, recipient_id, email } of rows) {
			if (email !== null) emails.set(nameOf(pixel_id, recipient_id), email);
		}
	}
	return loads.map(({ event, load }) => {
		const domain = emails.get(nameOf(event.pixelId, event.recipientId))?.split('@').at(-1);
		if (load.address?.mark !== null || !domain) return load;
		return { ...load, address: { ...load.address, mark: markOf(domain) } };
	});
}

function distinct(ids: ReadonlyArray<string | null>): string[] {
	return [...new Set(ids.map((id) => storable(id ?? '')))];
}

interface KnownWindow {
	kind: (typeof WINDOW_KINDS)[number];
	window: BurstWindow;
}

/**
 * The windows of these loads, by name, which nobody else may change until the transaction ends.
 * Windows that are not stored are left out.
 */
async function readWindows(
	db: Writer,
	loads: readonly PlacedLoad[],
): Promise<Map<string, KnownWindow>> {
	const names = new Set(
		loads.flatMap(({ recipient, address }) => [recipient?.name ?? [], address?.name ?? []].flat()),
	);
	const found = new Map<string, KnownWindow>();
	for (const part of chunks([...names].sort(), ROWS)) {
		const rows = await db
			.selectFrom('burst_windows')
			.select(['name', 'kind', 'window'])
			.where('kind', 'in', WINDOW_KINDS)
			.where('name', 'in', part)
			.$if(engineOf(db) === 'postgres', (query) => query.orderBy('name').forUpdate())
			.execute();
		for (const { name, kind, window } of rows) {
			found.set(name, {
				kind: kind as KnownWindow['kind'],
				window: JSON.parse(window) as BurstWindow,
			});
		}
	}
	return found;
}

function windowOf(windows: Map<string, KnownWindow>, place: BurstPlace | null): BurstWindow {
	return (place === null ? undefined : windows.get(place.name)?.window) ?? [];
}

/** @param mayBeKnown whether a row may be there; else it fails where another one made it meanwhile */
async function writeRows(
	db: Writer,
	values: ReadonlyArray<{ name: string; kind: Kind; value: BurstWindow | BurstLabel }>,
	now: number,
	mayBeKnown: boolean,
): Promise<void> {
	// In one order, so that no two transactions wait for each other in a circle.
	const rows = values
		.map(({ name, kind, value }) => ({
			name,
			kind,
			window: JSON.stringify(value),
			touched_at: now,
		}))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
	for (const part of chunks(rows, ROWS)) {
		await db
			.insertInto('burst_windows')
			.values(part)
			.$if(mayBeKnown, (query) =>
				query.onConflict((conflict) =>
					conflict.column('name').doUpdateSet((is) => ({
						window: is.ref('excluded.window'),
						touched_at: is.ref('excluded.touched_at'),
					})),
				),
			)
			.execute();
	}
}

/** Removes the windows touched longest ago while there are too many. */
async function keepNewest(db: Writer, kind: Kind, maxWindows: number): Promise<void> {
	const first = await db
		.selectFrom('burst_windows')
		.select(['touched_at', 'name'])
		.where('kind', '=', kind)
		.orderBy('touched_at', 'desc')
		.orderBy('name', 'desc')
		.limit(1)
		.offset(maxWindows)
		.executeTakeFirst();
	if (first === undefined) return;
	const tooMany = db
		.selectFrom('burst_windows')
		.select('name')
		.where('kind', '=', kind)
		.where((is) =>
			is.or([
				is('touched_at', '<', first.touched_at),
				is.and([is('touched_at', '=', first.touched_at), is('name', '<=', first.name)]),
			]),
		);
	await db.deleteFrom('burst_windows').where('name', 'in', notHeld(db, tooMany)).execute();
}

/** Leaves out rows that another transaction is writing: they are young, and nobody waits for it. */
function notHeld(
	db: Writer,
	rows: SelectQueryBuilder<StoreSchema, 'burst_windows', { name: string }>,
) {
	return engineOf(db) === 'postgres' ? rows.forUpdate().skipLocked() : rows;
}
