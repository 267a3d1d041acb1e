import { sql, type RawBuilder } from 'kysely';

import type { StoreDatabase } from '../database/store-database';

/** Whether a text holds a part, whatever the case of its ASCII letters. */
export function contains(column: string, part: string): RawBuilder<boolean> {
	const pattern = `%${part.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
	return sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`;
}

/** Whether an id or address begins with a text; found by the index over that column. */
export function beginsWith(
	engine: StoreDatabase['engine'],
	column: string,
	text: string,
): RawBuilder<boolean> {
	// Byte by byte in both engines, whatever the language of the database.
	const name = engine === 'postgres' ? sql`${sql.ref(column)} collate "C"` : sql.ref(column);
	return sql<boolean>`(${name} >= ${text} and ${name} < ${`${text}\u{10FFFF}`})`;
}
