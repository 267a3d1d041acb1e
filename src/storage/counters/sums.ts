import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

import {
	EMPTY_GROUP,
	GROUP_COUNTERS,
	moveGroup,
	OPEN_TIMES,
	RECIPIENT_COUNTERS,
} from '../../tracking/counters/tally';
import type { GroupTally, PixelTally } from '../../tracking/counters/tally';
import { chunks } from '../database/chunks';
import { insertRows } from '../database/insert-rows';
import type { Reader, Writer } from '../database/store-database';
import type { Scope, TalliesTable } from '../database/store-schema';
import { fromGroupTally, toPixelTally } from './tally-rows';

const WRITE_ROWS = 500;

/**
 * The rows that together are the total. One row would be locked by every writer; among a few of
 * them, writers seldom meet, and a read stays a handful of rows however many opens there are.
 */
export const TOTAL_PARTS: readonly string[] = ['', '1', '2', '3'];

/** The part of the total that a transaction adds to; any will do, since only their sum is read. */
export function totalPart(): string {
	return TOTAL_PARTS[randomInt(TOTAL_PARTS.length)] ?? '';
}

/** The rows that a scope is kept in. */
export function rowsOf(scope: Scope, id: string): readonly string[] {
	return scope === 'total' ? TOTAL_PARTS : [id];
}

/** What the sums of a scope move by; of its times, those that the sums may widen to. */
export interface SumStep {
	scope: 'campaign' | 'total';
	id: string;
	step: GroupTally;
}

/**
 * Adds steps to the sums without reading them. In one order, so that no two transactions wait for
 * each other in a circle.
 */
export async function addToSums(db: Writer, steps: readonly SumStep[]): Promise<void> {
	const sorted = [...steps].sort((a, b) => order(a.scope, b.scope) || order(a.id, b.id));
	for (const part of chunks(sorted, WRITE_ROWS)) {
		const rows = part.map(({ scope, id, step }) => ({
			scope,
			scope_id: id,
			...fromGroupTally(step),
		}));
		await insertRows(db, 'tallies', rows)
			.onConflict((conflict) => conflict.columns(['scope', 'scope_id']).doUpdateSet(ADDED))
			.execute();
	}
}

function order(a: string, b: string): number {
	if (a === b) return 0;
	return a < b ? -1 : 1;
}

const ADDED = addedColumns();

/** The SET part: counters grow by what was to be inserted, times widen to it. */
function addedColumns(): Partial<Record<keyof TalliesTable, RawBuilder<never>>> {
	const set: Partial<Record<keyof TalliesTable, RawBuilder<never>>> = {};
	for (const { column } of Object.values({ ...RECIPIENT_COUNTERS, ...GROUP_COUNTERS })) {
		set[column] = sql`${sql.ref(`tallies.${column}`)} + ${sql.ref(`excluded.${column}`)}`;
	}
	for (const { column, keeps } of Object.values(OPEN_TIMES)) {
		const [is, added] = [sql.ref(`tallies.${column}`), sql.ref(`excluded.${column}`)];
		const wider = keeps === 'earliest' ? sql`${added} < ${is}` : sql`${added} > ${is}`;
		// Not LEAST or MIN: SQLite's are null as soon as one side is.
		set[column] = sql`case when ${is} is null or ${wider} then ${added} else ${is} end`;
	}
	return set;
}

/** The counters of a pixel, a campaign or everything (`id` empty); `null` where there are none. */
export async function readSums(db: Reader, scope: Scope, id: string): Promise<PixelTally | null> {
	const rows = await db
		.selectFrom('tallies')
		.selectAll()
		.where('scope', '=', scope)
		.where('scope_id', 'in', rowsOf(scope, id))
		.execute();
	const [first, ...others] = rows.map(toPixelTally);
	if (first === undefined) return null;
	return others.reduce((sum, part) => moveGroup(sum, EMPTY_GROUP, part), first);
}
