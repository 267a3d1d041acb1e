import { sql, type Compilable, type CompiledQuery, type RawBuilder, type SqlBool } from 'kysely';

import { engineOf, type Reader } from './store-database';

/** Stands for the list in a query that is made before there is one. */
const ASKED = Object.freeze({});

/** A list of texts, or {@link ASKED}. */
export type AskedList = readonly string[] | typeof ASKED;

/** Whether a column is one of a list, which is one parameter: the query is the same for any length. */
export function isOneOf(db: Reader, column: string, list: AskedList): RawBuilder<SqlBool> {
	const value = parameterOf(db, list);
	return engineOf(db) === 'postgres'
		? sql`${sql.ref(column)} = any(${value}::text[])`
		: sql`${sql.ref(column)} in (select value from json_each(${value}))`;
}

/**
 * A query about a list of texts that is asked for each load: it is built and put into words once for
 * each database. That takes longer than the engine takes to answer it.
 *
 * @param build makes the query, with the list in it as {@link isOneOf} takes it
 */
export function listQuery<Row>(
	build: (db: Reader, list: AskedList) => Compilable<Row>,
): (db: Reader, list: readonly string[]) => Promise<Row[]> {
	const built = new WeakMap<Reader, CompiledQuery<Row>>();
	return async (db, list) => {
		let query = built.get(db);
		if (query === undefined) {
			query = build(db, ASKED).compile();
			built.set(db, query);
		}
		const value = parameterOf(db, list);
		const parameters = query.parameters.map((each) => (each === ASKED ? value : each));
		const { rows } = await db.executeQuery<Row>({ ...query, parameters });
		return rows;
	};
}

function parameterOf(db: Reader, list: AskedList): unknown {
	return list === ASKED || engineOf(db) === 'postgres' ? list : JSON.stringify(list);
}
