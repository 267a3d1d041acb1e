import { sql, type Kysely } from 'kysely';

import { makePartitions } from '../postgres/open-partitions';
import { quoted } from '../postgres/schema-rights';
import { engineOf, schemaOf } from '../store-database';
import type { StoreSchema } from '../store-schema';

const DAY_MS = 86_400_000;

/**
 * On PostgreSQL the opens lie in partitions by day from here on; see `open-partitions.ts`. Those there
 * are become one partition as they lie, with their indexes: only a check reads them once.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	if (engineOf(db) !== 'postgres') return;
	const schema = schemaOf(db);
	const tables = { opens: `${schema}.opens`, old: `${schema}.opens_before` };
	const [opens, old] = [sql.table(tables.opens), sql.table(tables.old)];
	await numberFromSequence(db, schema);
	const { rows: indexes } = await sql<{ name: string; definition: string }>`
		select indexname as name, indexdef as definition from pg_indexes
		where schemaname = ${schema} and tablename = 'opens' and indexname <> 'opens_pkey'`.execute(db);
	await sql`alter table ${opens} rename to opens_before`.execute(db);
	await sql`alter index ${sql.table(`${schema}.opens_pkey`)} rename to opens_before_pkey`.execute(
		db,
	);
	for (const { name } of indexes) {
		const index = sql.table(`${schema}.${name}`);
		await sql`alter index ${index} rename to ${sql.ref(`before_${name}`)}`.execute(db);
	}
	await sql`create table ${opens} (like ${old} including defaults)
		partition by range (occurred_at)`.execute(db);
	await keepWhatThereIs(db as Kysely<StoreSchema>, schema, tables);
	for (const { definition } of indexes) {
		// PostgreSQL finds the same index on the old table and takes that one.
		const [create, rest] = definition.split(/ ON .+? USING /);
		await sql`${sql.raw(create)} on ${opens} using ${sql.raw(rest)}`.execute(db);
	}
}

/** The order of storing takes its numbers from a sequence of its own: a partition has no identity. */
async function numberFromSequence(db: Kysely<unknown>, schema: string): Promise<void> {
	const opens = sql.table(`${schema}.opens`);
	const numbers = sql.table(`${schema}.opens_stored`);
	const { rows } = await sql<{ sequence: string }>`
		select pg_get_serial_sequence(${`${quoted(schema)}.opens`}, 'stored_seq') as sequence`.execute(db);
	const last = sql`(select last_value from ${sql.raw(rows[0].sequence)})`;
	await sql`create sequence ${numbers}`.execute(db);
	// Never a number again that was given out, also to opens which are gone.
	await sql`select setval(${`${quoted(schema)}.opens_stored`}, ${last})`.execute(db);
	await sql`alter table ${opens} alter column stored_seq drop identity`.execute(db);
	await sql`alter table ${opens} alter column stored_seq
		set default nextval(${sql.lit(`${quoted(schema)}.opens_stored`)})`.execute(db);
}

async function keepWhatThereIs(
	db: Kysely<StoreSchema>,
	schema: string,
	tables: { opens: string; old: string },
): Promise<void> {
	const [opens, old] = [sql.table(tables.opens), sql.table(tables.old)];
	const { rows } = await sql<{ last: number | null }>`
		select max(occurred_at) as last from ${old}`.execute(db);
	const last = rows[0]?.last ?? null;
	if (last === null) {
		await sql`drop table ${old}`.execute(db);
		await makePartitions(db, schema);
		return;
	}
	const tomorrow = Math.floor(Date.now() / DAY_MS + 1) * DAY_MS;
	const { rows: early } = await sql<{ occurred_at: number }>`
		select distinct occurred_at from ${old} where occurred_at >= ${tomorrow}`.execute(db);
	// Not a temporary one, which not every user may make.
	const aside = sql.table(`${schema}.early_opens`);
	await sql`create table ${aside} as
		select * from ${old} where occurred_at >= ${tomorrow}`.execute(db);
	await sql`delete from ${old} where occurred_at >= ${tomorrow}`.execute(db);
	await sql`alter table ${opens} attach partition ${old}
		for values from (minvalue) to (${sql.lit(tomorrow)})`.execute(db);
	const times = early.map((row) => row.occurred_at);
	await makePartitions(db, schema, times);
	await sql`insert into ${opens} select * from ${aside}`.execute(db);
	await sql`drop table ${aside}`.execute(db);
}
