import { sql } from 'kysely';
import type { Insertable, InsertQueryBuilder, InsertResult } from 'kysely';

import { engineOf, schemaOf, type Writer } from './store-database';
import type { StoreSchema } from './store-schema';

/** A character that JSON writes as an escape alone, since it is half of one. */
const HALF_CHARACTER = String.raw`\ud`;

/**
 * An INSERT of many rows, all with the same columns. PostgreSQL gets them as one parameter: one for
 * each value takes the server and this process twice as long.
 */
export function insertRows<Table extends keyof StoreSchema>(
	db: Writer,
	table: Table,
	rows: ReadonlyArray<Insertable<StoreSchema[Table]>>,
): InsertQueryBuilder<StoreSchema, Table, InsertResult> {
	const into = db.insertInto(table);
	if (engineOf(db) !== 'postgres') return into.values(rows);
	const columns = Object.keys(rows[0] ?? {});
	const type = sql.table(`${schemaOf(db)}.${table}`);
	const source = sql`json_populate_recordset(null::${type}, ${toJson(rows)}::json)`;
	return into
		.columns(columns as never)
		.expression(sql`select ${sql.join(columns.map((name) => sql.ref(name)))} from ${source}`);
}

function toJson(rows: readonly unknown[]): string {
	const json = JSON.stringify(rows);
	if (!json.includes(HALF_CHARACTER)) return json;
	// As the driver would write it; PostgreSQL refuses such an escape.
	return JSON.stringify(rows, (_name, value: unknown) =>
		typeof value === 'string' ? Buffer.from(value).toString() : value,
	);
}
