import { isStronger } from '../../tracking/bursts/click-rules';
import {
	loneClick,
	loneLoad,
	opensOf,
	relabelClick,
	relabelLoad,
} from '../../tracking/counters/tally';
import type { OpenTimes, RecipientTally } from '../../tracking/counters/tally';
import { COUNTED_ACTORS, isCounted } from '../../tracking/event/open-event';
import type { Actor } from '../../tracking/event/open-event';
import { CounterBook } from '../counters/counter-book';
import { isoOf } from '../counters/counts-view';
import { linkOf } from '../counters/link-counts';
import { tallyKeyOf } from '../counters/tally-key';
import type { Place } from '../counters/tally-key';
import { refreshTimes } from '../counters/refresh-times';
import type { Reader, Writer } from '../database/store-database';
import type { OpenRow } from '../database/store-schema';
import { findById } from './find-by-id';
import { againInStoringOrder } from './storing-order';
import type { LabelChange, Relabel, RelabelResult } from '../port/tracking-store';

/** Gives opens another label: counters follow, and the old label goes into the history. */
export async function relabelOpens(
	db: Writer,
	changes: readonly Relabel[],
): Promise<RelabelResult> {
	const result: RelabelResult = { relabeled: 0, unchanged: 0, unknown: 0 };
	for (const change of changes) result[await relabel(db, change)] += 1;
	return result;
}

/** Every label an open had before the present one, oldest first. */
export async function listLabelHistory(db: Reader, eventId: string): Promise<LabelChange[]> {
	const rows = await db
		.selectFrom('label_history')
		.selectAll()
		.where('event_id', '=', eventId)
		.orderBy('revision')
		.execute();
	return rows.map((row) => ({
		eventId: row.event_id,
		from: {
			actor: row.from_actor as Actor,
			actorReason: row.from_reason,
			rulesVersion: row.from_rules_version,
		},
		to: {
			actor: row.to_actor as Actor,
			actorReason: row.to_reason,
			rulesVersion: row.to_rules_version,
		},
		changedAt: isoOf(row.changed_at),
	}));
}

/** Gives one open another label, and says what became of that. */
export async function relabel(db: Writer, change: Relabel): Promise<keyof RelabelResult> {
	const { eventId, actor, actorReason, rulesVersion } = change;
	const [row] = await findById(db, [eventId]);
	if (row === undefined) return 'unknown';
	const same =
		row.actor === actor && row.actor_reason === actorReason && row.rules_version === rulesVersion;
	// A machine keeps the reason it has, but where a stronger rule names its click.
	const keepsReason =
		change.onlyCounted &&
		!isCounted(row.actor as Actor) &&
		!isStronger(actorReason, row.actor_reason);
	if (same || keepsReason) return 'unchanged';
	await writeHistory(db, row, change);
	await db
		.updateTable('opens')
		.set({ actor, actor_reason: actorReason, rules_version: rulesVersion })
		.set(await againInStoringOrder(db))
		.where('event_id', '=', eventId)
		.where('occurred_at', '=', row.occurred_at)
		.execute();
	if (row.actor !== actor) {
		await (row.event === 'click' ? moveClicks(db, row, actor) : moveCounters(db, row, actor));
	}
	return 'relabeled';
}

async function writeHistory(db: Writer, row: OpenRow, change: Relabel): Promise<void> {
	const { last } = await db
		.selectFrom('label_history')
		.select((is) => is.fn.max('revision').as('last'))
		.where('event_id', '=', row.event_id)
		.executeTakeFirstOrThrow();
	await db
		.insertInto('label_history')
		.values({
			event_id: row.event_id,
			revision: (last ?? 0) + 1,
			from_actor: row.actor,
			from_reason: row.actor_reason,
			from_rules_version: row.rules_version,
			to_actor: change.actor,
			to_reason: change.actorReason,
			to_rules_version: change.rulesVersion,
			changed_at: Date.now(),
		})
		.execute();
}

async function moveCounters(db: Writer, row: OpenRow, to: Actor): Promise<void> {
	const from = row.actor as Actor;
	const place = placeOf(row);
	const at = row.occurred_at;
	const book = await CounterBook.load(db, [place]);
	book.countHour(place, at, from, -1);
	book.countHour(place, at, to);
	const key = tallyKeyOf(place);
	if (key === null) {
		book.moveSums(place, loneLoad({ at, actor: from }, true), loneLoad({ at, actor: to }, true));
	} else {
		const { previous, next } = await countedNeighbours(db, row);
		const tally = book.recipient(key);
		const load = { at, from, to };
		const others = [previous, next].filter((time) => time !== null);
		book.setRecipient(
			key,
			relabelLoad(tally, load, others, endsAfter(tally, load, previous, next)),
		);
	}
	await book.save();
	if (isCounted(from) && !isCounted(to)) {
		await refreshTimes(db, { ...place, campaignId: book.campaignOf(place) }, [at]);
	}
}

async function moveClicks(db: Writer, row: OpenRow, to: Actor): Promise<void> {
	const from = row.actor as Actor;
	const place = placeOf(row);
	const book = await CounterBook.load(db, [place]);
	book.countLink(place, linkOf(row), from, -1);
	book.countLink(place, linkOf(row), to);
	const key = tallyKeyOf(place);
	if (key === null) {
		const click = { at: row.occurred_at, actor: from };
		book.moveSums(place, loneClick(click, true), loneClick({ ...click, actor: to }, true));
	} else {
		book.setRecipient(key, relabelClick(book.recipient(key), from, to));
	}
	await book.save();
}

function placeOf(row: OpenRow): Place {
	return {
		pixelId: row.pixel_id,
		campaignId: row.campaign_id,
		recipientId: row.recipient_id,
	};
}

/** The counted loads of the same recipient next to this one, however far. */
async function countedNeighbours(
	db: Reader,
	row: OpenRow,
): Promise<{ previous: number | null; next: number | null }> {
	const counted = db
		.selectFrom('opens')
		.where('event', '=', 'open')
		.where('event_id', '<>', row.event_id)
		.where('actor', 'in', COUNTED_ACTORS)
		.where('pixel_id', row.pixel_id === null ? 'is' : '=', row.pixel_id)
		.where('recipient_id', row.recipient_id === null ? 'is' : '=', row.recipient_id)
		.$if(row.pixel_id === null, (query) =>
			query.where('campaign_id', row.campaign_id === null ? 'is' : '=', row.campaign_id),
		);
	const previous = await counted
		.where('occurred_at', '<=', row.occurred_at)
		.select((is) => is.fn.max('occurred_at').as('at'))
		.executeTakeFirst();
	const next = await counted
		.where('occurred_at', '>', row.occurred_at)
		.select((is) => is.fn.min('occurred_at').as('at'))
		.executeTakeFirst();
	return { previous: previous?.at ?? null, next: next?.at ?? null };
}

/**
 * The recipient's first and last counted load once the label is changed. Where the log no longer
 * holds older opens, the tally still knows the first of them.
 */
function endsAfter(
	tally: RecipientTally,
	load: { at: number; from: Actor; to: Actor },
	previous: number | null,
	next: number | null,
): Pick<OpenTimes, 'firstOpenAt' | 'lastOpenAt'> {
	const { firstOpenAt, lastOpenAt } = tally;
	const { at } = load;
	if (isCounted(load.to)) {
		return {
			firstOpenAt: Math.min(firstOpenAt ?? at, at),
			lastOpenAt: Math.max(lastOpenAt ?? at, at),
		};
	}
	if (!isCounted(load.from)) return { firstOpenAt, lastOpenAt };
	if (opensOf(tally) === 1) return { firstOpenAt: null, lastOpenAt: null };
	const first = at === firstOpenAt ? (previous ?? next ?? lastOpenAt) : firstOpenAt;
	return { firstOpenAt: first, lastOpenAt: at === lastOpenAt ? (previous ?? first) : lastOpenAt };
}
