import { sql, type RawBuilder } from 'kysely';

import type { StoreDatabase } from '../database/store-database';

/** Whether a text holds a part. SQLite knows upper and lower case of English letters alone. */
export function contains(column: string, part: string): RawBuilder<boolean> {
	const text = sql.ref(column);
	const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
	if (/^[\x00-\x7f]*$/.test(part)) {
		return sql<boolean>`lower(${text}) like ${pattern.toLowerCase()} escape '\\'`;
	}
	return sql<boolean>`(lower(${text}) like ${pattern.toLowerCase()} escape '\\'
		or ${text} like ${pattern} escape '\\')`;
}

/** Whether an id or address begins with a text; found by the index over that column. */
export function beginsWith(
	engine: StoreDatabase['engine'],
	column: string,
	text: string,
): RawBuilder<boolean> {
	const name = byBytes(engine, column);
	return sql<boolean>`(${name} >= ${text} and ${name} < ${`${text}\u{10FFFF}`})`;
}

/** A name as both engines compare it byte by byte, whatever the language of the database. */
export function byBytes(engine: StoreDatabase['engine'], column: string): RawBuilder<string> {
	return engine === 'postgres' ? sql`${sql.ref(column)} collate "C"` : sql.ref(column);
}
