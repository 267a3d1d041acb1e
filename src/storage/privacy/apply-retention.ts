import { sql } from 'kysely';

import type { Purpose } from '../../tracking/event/purpose';
import type { DataClass, RetentionStep } from '../../tracking/people/retention';
import { refreshLastOpens } from '../counters/last-opens';
import { pixelOfParent } from '../counters/tally-key';
import { chunks } from '../database/chunks';
import { dropPartitions } from '../database/postgres/open-partitions';
import type { Reader, StoreDatabase, Writer } from '../database/store-database';
import type { RetentionCount } from '../port/privacy-store';
import { deleteRows } from '../opens/find-by-id';
import { withoutCounters } from '../people/entries-without-counters';
import { dropLostSegments } from '../people/segments';
import { refreshStates } from '../people/consent-records';

/** Rows removed in one transaction, few enough to let others in between. */
const ROWS = 1000;

/** How a class of data is counted, and how some of it is removed; `before` in milliseconds. */
interface Remover {
	/** Removes what can go all at once, and returns how many records that were */
	removeWhole?(database: StoreDatabase, before: number): Promise<number>;
	count(db: Reader, before: number): Promise<number>;
	/** Removes up to `ROWS` records and returns how many it removed */
	removeSome(db: Writer, before: number): Promise<number>;
}

/**
 * Runs a retention plan, or counts what it would delete. Sums stay: they name nobody. Deletes in
 * steps, so that opens get in between.
 */
export async function applyRetention(
	database: StoreDatabase,
	plan: readonly RetentionStep[],
	{ dryRun }: { dryRun: boolean },
): Promise<RetentionCount[]> {
	const counts: RetentionCount[] = [];
	for (const { dataClass, action, deleteBefore } of plan) {
		let records = 0;
		if (action === 'delete' && deleteBefore !== null) {
			for (const remover of REMOVERS[dataClass]) {
				records += await run(database, remover, deleteBefore.getTime(), dryRun);
			}
		}
		counts.push({
			dataClass,
			action,
			deleteBefore: deleteBefore?.toISOString() ?? null,
			records,
		});
	}
	return counts;
}

async function run(
	database: StoreDatabase,
	remover: Remover,
	before: number,
	dryRun: boolean,
): Promise<number> {
	if (dryRun) return await database.read((db) => remover.count(db, before));
	let removed = (await remover.removeWhole?.(database, before)) ?? 0;
	for (;;) {
		const step = await database.write((db) => remover.removeSome(db, before));
		removed += step;
		if (step < ROWS) return removed;
		await new Promise(setImmediate);
	}
}

const countOf = sql<number>`count(*)`;

const opens: Remover = {
	removeWhole: async (database, before) =>
		database.engine === 'postgres' ? await dropPartitions(database, before) : 0,
	count: async (db, before) => {
		const old = db.selectFrom('opens').where('occurred_at', '<', before);
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await db
			.selectFrom('opens')
			.select(['event_id', 'occurred_at'])
			.where('occurred_at', '<', before)
			.orderBy('occurred_at')
			.limit(ROWS)
			.execute();
		await deleteRows(db, rows);
		return rows.length;
	},
};

/**
 * A recipient's counters say when they opened, so they go with the opens: once nothing was sent to
 * them or loaded by them since. With them go the entry with the address, and the segments.
 */
const recipients: Remover = {
	count: async (db, before) => {
		const old = quietRecipients(db, before);
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await quietRecipients(db, before)
			.select(['parent', 'recipient_id'])
			.limit(ROWS)
			.execute();
		for (const { parent, recipient_id: recipientId } of rows) {
			const pixelId = pixelOfParent(parent);
			if (pixelId !== null) {
				await db
					.deleteFrom('recipients')
					.where('pixel_id', '=', pixelId)
					.where('recipient_id', '=', recipientId)
					.execute();
			}
			for (const table of ['sent_messages', 'recipient_tallies'] as const) {
				await db
					.deleteFrom(table)
					.where('parent', '=', parent)
					.where('recipient_id', '=', recipientId)
					.execute();
			}
		}
		const ids = rows.map((row) => row.recipient_id);
		await dropLostSegments(db, ids);
		await refreshLastOpens(db, ids);
		if (rows.length < ROWS) await removeQuietPixels(db, before);
		return rows.length;
	},
};

function quietRecipients(db: Reader, before: number) {
	return db
		.selectFrom('recipient_tallies')
		.where('recipient_id', '<>', '')
		.where((is) => is.or([is('last_load_at', 'is', null), is('last_load_at', '<', before)]))
		.where((is) => is.or([is('last_sent_at', 'is', null), is('last_sent_at', '<', before)]))
		.where((is) => is.or([is('last_load_at', 'is not', null), is('last_sent_at', 'is not', null)]));
}

/** A pixel that only links know may stand for one email, so its counters would name its reader. */
async function removeQuietPixels(db: Writer, before: number): Promise<void> {
	const rows = await db
		.selectFrom('tallies')
		.select('scope_id')
		.where('scope', '=', 'pixel')
		.where('last_load_at', '<', before)
		.where((is) =>
			is.not(
				is.exists(
					is
						.selectFrom('pixels')
						.select('pixels.id')
						.whereRef('pixels.id', '=', 'tallies.scope_id'),
				),
			),
		)
		.where((is) =>
			is.not(
				is.exists(
					is
						.selectFrom('recipient_tallies as tally')
						.select('tally.parent')
						.where('tally.parent', '=', sql<string>`'p:' || tallies.scope_id`)
						.where('tally.recipient_id', '<>', ''),
				),
			),
		)
		.execute();
	for (const part of chunks(rows, ROWS)) {
		const ids = part.map((row) => row.scope_id);
		for (const table of ['tallies', 'hourly', 'link_clicks'] as const) {
			await db
				.deleteFrom(table)
				.where('scope', '=', 'pixel')
				.where('scope_id', 'in', ids)
				.execute();
		}
		const parents = ids.map((id) => `p:${id}`);
		await db.deleteFrom('recipient_tallies').where('parent', 'in', parents).execute();
	}
}

/**
 * Recipients who are counted under a pseudonym have no counters of their own: their entries with the
 * address end with their pixel.
 */
const pseudonymousEntries: Remover = {
	count: async (db, before) => {
		const old = entriesOfQuietPixels(db, before);
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await entriesOfQuietPixels(db, before).select('entry.id').limit(ROWS).execute();
		const ids = rows.map((row) => row.id);
		if (ids.length > 0) await db.deleteFrom('recipients').where('id', 'in', ids).execute();
		return ids.length;
	},
};

function entriesOfQuietPixels(db: Reader, before: number) {
	return withoutCounters(db)
		.where('entry.created_at', '<', before)
		.where((is) =>
			is.or([is('pixel.last_load_at', 'is', null), is('pixel.last_load_at', '<', before)]),
		)
		.where((is) =>
			is.or([is('pixel.last_sent_at', 'is', null), is('pixel.last_sent_at', '<', before)]),
		);
}

const lastOpenDays: Remover = {
	count: async (db, before) => {
		const old = db.selectFrom('last_open_days').where('day', '<', dayOf(before));
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await db
			.selectFrom('last_open_days')
			.select('recipient_id')
			.where('day', '<', dayOf(before))
			.limit(ROWS)
			.execute();
		const ids = rows.map((row) => row.recipient_id);
		if (ids.length > 0) {
			await db.deleteFrom('last_open_days').where('recipient_id', 'in', ids).execute();
		}
		return ids.length;
	},
};

const OBJECTIONS = ['refused', 'withdrawn'];

/**
 * Proof of consents that ended long ago. An objection goes on being honored, so of its records
 * the one that decides stays; all others of that person and purpose go.
 */
const consentProof: Remover = {
	count: async (db, before) => {
		const old = endedProof(db, before);
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await endedProof(db, before)
			.select(['record.record_id', 'record.recipient_key', 'record.purpose'])
			// The oldest first: what is left half-way must not bring an older answer back.
			.orderBy('record.occurred_at')
			.orderBy('record.record_id')
			.limit(ROWS)
			.execute();
		const ids = rows.map((row) => row.record_id);
		if (ids.length === 0) return 0;
		await db.deleteFrom('consent_records').where('record_id', 'in', ids).execute();
		const touched = rows.map(({ recipient_key, purpose }) => ({
			recipientKey: recipient_key,
			purpose: purpose as Purpose,
		}));
		await refreshStates(db, touched);
		await db
			.deleteFrom('consent_notices')
			.where((is) =>
				is.not(
					is.exists(
						is
							.selectFrom('consent_records as record')
							.select('record.record_id')
							.whereRef('record.notice_hash', '=', 'consent_notices.hash'),
					),
				),
			)
			.execute();
		return ids.length;
	},
};

function endedProof(db: Reader, before: number) {
	return db
		.selectFrom('consent_records as record')
		.innerJoin('consent_states as state', (join) =>
			join
				.onRef('state.recipient_key', '=', 'record.recipient_key')
				.onRef('state.purpose', '=', 'record.purpose'),
		)
		.where('state.ended_at', '<', before)
		.where((is) =>
			is.or([
				is('state.status', 'not in', OBJECTIONS),
				is('record.record_id', '<>', is.ref('state.record_id')),
			]),
		);
}

const denylist: Remover = {
	count: async (db, before) => {
		const old = db.selectFrom('denylist').where('since', '<', before);
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await db
			.selectFrom('denylist')
			.select('id')
			.where('since', '<', before)
			.limit(ROWS)
			.execute();
		const ids = rows.map((row) => row.id);
		if (ids.length > 0) await db.deleteFrom('denylist').where('id', 'in', ids).execute();
		return ids.length;
	},
};

/** The series of counts per hour; the sums over all time stay. */
const hours: Remover = {
	count: async (db, before) => {
		const old = db.selectFrom('hourly').where('hour', '<', before);
		return (await old.select(countOf.as('count')).executeTakeFirstOrThrow()).count;
	},
	removeSome: async (db, before) => {
		const rows = await db
			.selectFrom('hourly')
			.select(['scope', 'scope_id', 'hour'])
			.where('hour', '<', before)
			.limit(ROWS)
			.execute();
		for (const { scope, scope_id, hour } of rows) {
			await db
				.deleteFrom('hourly')
				.where('scope', '=', scope)
				.where('scope_id', '=', scope_id)
				.where('hour', '=', hour)
				.execute();
		}
		return rows.length;
	},
};

const REMOVERS: Record<DataClass, readonly Remover[]> = {
	'raw-request': [],
	open: [opens, recipients, pseudonymousEntries],
	'last-open-day': [lastOpenDays],
	'consent-proof': [consentProof],
	denylist: [denylist],
	aggregate: [hours],
};

function dayOf(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
}
