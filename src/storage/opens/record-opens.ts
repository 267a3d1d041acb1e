import {
	addClicks,
	addLoads,
	EMPTY_GROUP,
	loneClick,
	loneLoad,
} from '../../tracking/counters/tally';
import type { Load } from '../../tracking/counters/tally';
import { isCounted } from '../../tracking/event/open-event';
import type { Actor, OpenEvent } from '../../tracking/event/open-event';
import { MODE_STORES } from '../../tracking/minimise/minimise-mode';
import type { ModeRule } from '../../tracking/minimise/minimise-mode';
import { CounterBook } from '../counters/counter-book';
import { linkOf } from '../counters/link-counts';
import { nearbyOpens } from '../counters/nearby-opens';
import type { PlacedTime } from '../counters/nearby-opens';
import { tallyKeyOf, textOfKey } from '../counters/tally-key';
import type { Place, TallyKey } from '../counters/tally-key';
import { chunks } from '../database/chunks';
import { insertRows } from '../database/insert-rows';
import type { Writer } from '../database/store-database';
import type { OpenRow } from '../database/store-schema';
import type { Label, RecordResult, StoreKnowledge } from '../port/tracking-store';
import { findFirstOpens, UNKNOWN } from './first-opens';
import type { FirstOpen, Incoming } from './first-opens';
import { toOpenRow } from './open-row';
import { comesAtItsTime, findAbout, findById } from './find-by-id';
import { findSeen, noteSeen } from './seen-events';
import { inStoringOrder } from './storing-order';
import { deletionStatesOf, NOBODYS } from './tombstones';
import { withinPixelMode } from './within-pixel-mode';

/** 500 rows of up to 65 columns stay below the 32,766 parameters of a SQLite statement. */
const INSERT_ROWS = 500;

/**
 * Records events, each once, with all counters, and none with more than its pixel allows
 * ({@link withinPixelMode}). What an event leaves behind depends on what its
 * tracking mode keeps (`MODE_STORES`), and this is the one place that acts on it:
 *
 * - `nothing`, or a deleted pixel: nothing;
 * - `counters` (aggregate): one more load in the sums of pixel, campaign and total and in their
 *   hours. No row, no recipient, no time but the hour. Nobody can be unique without a recipient,
 *   so it counts as an open and never as a unique open. A load whose token did not hold is no
 *   open of anyone's email: it has a sum of its own;
 * - `last-open` (hygiene): the day of the recipient's last counted load, which a later one
 *   overwrites. The event carries no hour, so it is in no counter; a click is no load and leaves
 *   nothing;
 * - `every-open`: a row in the log, and the recipient's own counters.
 */
export async function recordOpens(db: Writer, events: readonly OpenEvent[]): Promise<RecordResult> {
	const { recorded, ignored } = await recordEvents(db, events, new Map());
	const duplicates = events.length - recorded.size - ignored;
	return { recorded: recorded.size, duplicates, ignored };
}

/**
 * The same, with what the store says of the new events.
 *
 * @param keys the keys of recipients on the list of erased people: what tombstones are made of
 * @param labelsOf called with the opens that are about to enter the log; names those that get another
 *   label than they came with
 */
export async function recordEvents(
	db: Writer,
	events: readonly OpenEvent[],
	keys: ReadonlyMap<string, readonly string[]>,
	labelsOf: (rows: readonly OpenRow[]) => Promise<ReadonlyMap<string, Label>> = async () =>
		new Map(),
): Promise<{
	recorded: ReadonlyMap<string, StoreKnowledge>;
	known: ReadonlySet<string>;
	ignored: number;
}> {
	const rows = new Map<string, OpenRow>();
	const leaving = events.filter((event) => keepsOf(event) !== 'nothing');
	const allowed = await withinPixelMode(db, leaving.map(toOpenRow));
	for (const row of allowed) {
		if (!rows.has(row.event_id)) rows.set(row.event_id, row);
	}
	const known = await findKnown(db, [...rows.values()]);
	const fresh = [...rows.values()].filter((row) => !known.has(row.event_id));
	const alive = await withoutDeleted(db, fresh, keys);
	const labels = await labelsOf(alive.filter((row) => toIncoming(row).keeps === 'every-open'));
	const incoming = alive.map((row) => toIncoming(labeled(row, labels.get(row.event_id))));
	const keeping = (keeps: ModeRule['keeps']) => incoming.filter((one) => one.keeps === keeps);
	await keepLastDays(db, keeping('last-open'));
	const firstOpens = await count(db, keeping('every-open'), keeping('counters'));
	const ignored = events.length - allowed.length + fresh.length - incoming.length;
	const recorded = new Map(
		incoming.map(({ row }) => {
			const first = firstOpens.get(row.event_id) ?? UNKNOWN;
			return [row.event_id, knowledgeOf({ ...row, ...first })];
		}),
	);
	return { recorded, known, ignored };
}

/** What the store says of an open that it has. */
export function knowledgeOf(
	row: Pick<OpenRow, 'actor' | 'actor_reason' | 'rules_version' | 'first_open' | 'quiet_days'>,
): StoreKnowledge {
	return {
		actor: row.actor as Actor,
		actorReason: row.actor_reason,
		rulesVersion: row.rules_version,
		firstOpen: row.first_open === null ? null : row.first_open === 1,
		quietDays: row.quiet_days,
	};
}

function labeled(row: OpenRow, label: Label | undefined): OpenRow {
	if (label === undefined) return row;
	const { actor, actorReason, rulesVersion } = label;
	return { ...row, actor, actor_reason: actorReason, rules_version: rulesVersion };
}

function keepsOf({ trackingMode }: Pick<OpenEvent, 'trackingMode'>): ModeRule['keeps'] {
	return MODE_STORES[trackingMode].keeps;
}

function toIncoming(row: OpenRow): Incoming {
	return {
		row,
		place: { pixelId: row.pixel_id, campaignId: row.campaign_id, recipientId: row.recipient_id },
		load: { at: row.occurred_at, actor: row.actor as Actor },
		isClick: row.event === 'click',
		keeps: keepsOf({ trackingMode: row.tracking_mode as OpenEvent['trackingMode'] }),
	};
}

async function findKnown(db: Writer, rows: readonly OpenRow[]): Promise<Set<string>> {
	const idsOf = (some: readonly OpenRow[]) => some.map((row) => row.event_id);
	const known = await findSeen(db, idsOf(rows));
	const others = rows.filter((row) => !comesAtItsTime(row));
	const found = [
		...(await findAbout(db, rows.filter(comesAtItsTime))),
		...(await findById(db, idsOf(others))),
	];
	for (const { event_id } of found) known.add(event_id);
	return known;
}

/** Leaves out loads of deleted pixels; loads of deleted recipients lose the recipient. */
async function withoutDeleted(
	db: Writer,
	rows: readonly OpenRow[],
	keys: ReadonlyMap<string, readonly string[]>,
): Promise<OpenRow[]> {
	const states = await deletionStatesOf(
		db,
		rows.map((row) => toIncoming(row).place),
		(recipientId) => keys.get(recipientId) ?? [],
	);
	return rows.flatMap((row, index) => {
		if (states[index] === 'pixel-deleted') return [];
		if (states[index] === 'alive') return [row];
		return [{ ...row, ...NOBODYS, recipient_id: null, recipient_reason: 'invalid-token' }];
	});
}

async function count(
	db: Writer,
	logged: readonly Incoming[],
	countedOnly: readonly Incoming[],
): Promise<ReadonlyMap<string, FirstOpen>> {
	if (logged.length + countedOnly.length === 0) return new Map();
	const book = await CounterBook.load(db, [
		...logged.map(({ place }) => place),
		...countedOnly.map(({ place }) => ({ ...place, recipientId: null })),
	]);
	const firstOpens = await findFirstOpens(db, book, logged);
	await log(db, book, logged, firstOpens);
	for (const { row, place, load, isClick } of countedOnly) {
		if (row.recipient_reason === 'invalid-token') {
			book.moveSums(place, EMPTY_GROUP, { ...EMPTY_GROUP, invalidTokens: 1 });
			continue;
		}
		if (isClick) {
			book.moveSums(place, EMPTY_GROUP, loneClick(load, false));
			book.countLink(place, linkOf(row), load.actor);
			continue;
		}
		book.moveSums(place, EMPTY_GROUP, loneLoad(load, false));
		book.countHour(place, load.at, load.actor);
	}
	const ids = countedOnly.map(({ row }) => row.event_id);
	if (ids.length > 0) await noteSeen(db, ids);
	// Last, since the sums are what other writers wait for.
	await book.save();
	return firstOpens;
}

/** Writes rows to the log and their loads to the recipients' counters. */
async function log(
	db: Writer,
	book: CounterBook,
	incoming: readonly Incoming[],
	firstOpens: ReadonlyMap<string, FirstOpen>,
): Promise<void> {
	const loadsOf = new Map<string, { key: TallyKey; loads: Load[]; nearby: number[] }>();
	const late: Array<PlacedTime & { nearby: number[] }> = [];
	for (const { place, load, isClick, row } of incoming) {
		if (isClick) {
			logClick(book, place, load, row);
			continue;
		}
		book.countHour(place, load.at, load.actor);
		const key = tallyKeyOf(place);
		if (key === null) {
			book.moveSums(place, EMPTY_GROUP, loneLoad(load, true));
			continue;
		}
		const text = textOfKey(key);
		const group = loadsOf.get(text) ?? { key, loads: [], nearby: [] };
		loadsOf.set(text, group);
		group.loads.push(load);
		const { lastOpenAt } = book.recipient(key);
		if (isCounted(load.actor) && lastOpenAt !== null && load.at < lastOpenAt) {
			late.push({ place, at: load.at, nearby: group.nearby });
		}
	}
	// Asked before the new rows are in the log, so that they are not their own neighbors.
	const found = await nearbyOpens(db, late);
	late.forEach(({ nearby }, index) => nearby.push(...(found[index] ?? [])));
	for (const { key, loads, nearby } of loadsOf.values()) {
		book.setRecipient(key, addLoads(book.recipient(key), loads, nearby));
	}
	for (const part of chunks(incoming, INSERT_ROWS)) {
		const rows = part.map(({ row, place }) => ({
			...row,
			...(firstOpens.get(row.event_id) ?? UNKNOWN),
			campaign_id: book.campaignOf(place),
		}));
		await insertRows(db, 'opens', await inStoringOrder(db, rows)).execute();
	}
}

function logClick(book: CounterBook, place: Place, click: Load, row: OpenRow): void {
	book.countLink(place, linkOf(row), click.actor);
	const key = tallyKeyOf(place);
	if (key === null) book.moveSums(place, EMPTY_GROUP, loneClick(click, true));
	else book.setRecipient(key, addClicks(book.recipient(key), [click]));
}

/** Notes the day of each recipient's last open; loads by machines and clicks are none. */
async function keepLastDays(db: Writer, incoming: readonly Incoming[]): Promise<void> {
	const days = new Map<string, string>();
	for (const { place, load, isClick } of incoming) {
		if (place.recipientId === null || isClick || !isCounted(load.actor)) continue;
		const day = new Date(load.at).toISOString().slice(0, 10);
		if (day > (days.get(place.recipientId) ?? '')) days.set(place.recipientId, day);
	}
	// In one order, so that no two transactions wait for each other in a circle.
	const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1));
	for (const part of chunks(sorted, INSERT_ROWS)) {
		await db
			.insertInto('last_open_days')
			.values(part.map(([recipient_id, day]) => ({ recipient_id, day })))
			.onConflict((conflict) =>
				conflict
					.column('recipient_id')
					.doUpdateSet((is) => ({ day: is.ref('excluded.day') }))
					.whereRef('last_open_days.day', '<', 'excluded.day'),
			)
			.execute();
	}
}
