import { sql } from 'kysely';

import { retry, type Backoff } from '../../../async/backoff';
import { StoreError } from '../../port/store-error';
import type { Reader, StoreDatabase, Writer } from '../store-database';

/*
 * On PostgreSQL the opens lie in partitions by day (UTC), so that a day whose time is over is dropped
 * whole, and writers meet indexes of a day's size however much is kept.
 *
 * A statement that looks at all partitions locks each of them with its indexes, and the server has a
 * fixed room for locks. So only recent days get partitions of their own, and only as long as
 * there are not too many; what else there is goes into partitions of a month.
 */

const DAY_MS = 86_400_000;
/** Days that are made ahead, so that an open seldom has to wait for its day. */
const DAYS_AHEAD = 7;
/** Days that get partitions of their own; the default of retention is 90. */
const RECENT_DAYS = 100;
const MOST_PARTITIONS = 120;
/** Dropping waits for the statements under way, and new ones wait for it: not for long. */
const DROP_LOCK_MS = 1000;
const DROP_TRIES = 10;
const DROP_BACKOFF: Backoff = { firstMs: 100, longestMs: 2000 };

/** A part of the opens: those from `from` on and before `to`, in milliseconds since 1970. */
interface Partition {
	name: string;
	/** Of the part with all that came before the partitions it is `-Infinity` */
	from: number;
	to: number;
}

/** The partitions there are, in order of time. */
export async function listPartitions(db: Reader, schema: string): Promise<Partition[]> {
	const { rows } = await sql<{ name: string; bound: string }>`
		select child.relname as name, pg_get_expr(child.relpartbound, child.oid) as bound
		from pg_inherits
		join pg_class child on child.oid = pg_inherits.inhrelid
		where pg_inherits.inhparent = to_regclass(format('%I.opens', ${schema}::text))`.execute(db);
	const partitions = rows.map(({ name, bound }) => {
		const [from, to] = [...bound.matchAll(/\((.*?)\)/g)].map(([, value = '']) => value);
		return { name, from: timeOfBound(from), to: timeOfBound(to) };
	});
	return partitions.sort((a, b) => a.from - b.from);
}

function timeOfBound(text = ''): number {
	return text === 'MINVALUE' ? -Infinity : Number(text.replaceAll("'", ''));
}

/**
 * Makes the partitions that opens of these times and of the days ahead go into, as far as they are
 * missing. Neither readers nor writers wait for it.
 *
 * @param db a transaction in which nobody else makes any
 * @param times in milliseconds since 1970
 */
export async function makePartitions(
	db: Reader,
	schema: string,
	times: readonly number[] = [],
): Promise<void> {
	const now = Date.now();
	const ahead = Array.from({ length: DAYS_AHEAD + 1 }, (_, day) => now + day * DAY_MS);
	const partitions = await listPartitions(db, schema);
	for (const time of [...ahead, ...times]) {
		if (partitions.some(({ from, to }) => from <= time && time < to)) continue;
		const made = partitionFor(time, now, partitions);
		partitions.push(made);
		const name = sql.table(`${schema}.${made.name}`);
		const opens = sql.table(`${schema}.opens`);
		await sql`create table ${name} (like ${opens} including defaults, primary key (event_id))`.execute(
			db,
		);
		// Attached rather than created as a partition, for which all readers would have to wait.
		await sql`alter table ${opens} attach partition ${name}
			for values from (${sql.lit(made.from)}) to (${sql.lit(made.to)})`.execute(db);
	}
}

/** The day or the month of a time, as far as its neighbors leave room for it. */
function partitionFor(time: number, now: number, others: readonly Partition[]): Partition {
	const isDay = time >= now - RECENT_DAYS * DAY_MS && others.length < MOST_PARTITIONS;
	const date = new Date(time);
	const monthsFrom = (months: number) =>
		Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
	const day = Math.floor(time / DAY_MS) * DAY_MS;
	const [from, to] = isDay ? [day, day + DAY_MS] : [monthsFrom(0), monthsFrom(1)];
	const before = others.filter((other) => other.to <= time).map((other) => other.to);
	const after = others.filter((other) => other.from > time).map((other) => other.from);
	const begin = Math.max(from, ...before);
	const name = `opens_from_${new Date(begin).toISOString().slice(0, -14).replaceAll(/\W/g, '')}`;
	return { name, from: begin, to: Math.min(to, ...after) };
}

/**
 * Drops the partitions whose opens are all older than a time, with the history of their labels.
 *
 * @param before in milliseconds since 1970
 * @returns how many opens that were
 */
export async function dropPartitions(database: StoreDatabase, before: number): Promise<number> {
	const schema = String(database.schema);
	const all = await database.read((db) => listPartitions(db, schema));
	let dropped = 0;
	for (const { name } of all.filter(({ to }) => to <= before)) {
		const drop = () => database.write((db) => dropPartition(db, schema, name));
		dropped += await retry(
			drop,
			DROP_BACKOFF,
			(error, tries) => error instanceof StoreError && error.code === 'busy' && tries < DROP_TRIES,
		);
	}
	return dropped;
}

async function dropPartition(db: Writer, schema: string, name: string): Promise<number> {
	const table = sql.table(`${schema}.${name}`);
	const { rows } = await sql<{ count: number }>`select count(*) as count from ${table}`.execute(db);
	await sql`delete from ${sql.table(`${schema}.label_history`)}
		where event_id in (select event_id from ${table})`.execute(db);
	await sql`select set_config('lock_timeout', ${String(DROP_LOCK_MS)}, true)`.execute(db);
	await sql`drop table ${table}`.execute(db);
	return rows[0]?.count ?? 0;
}
