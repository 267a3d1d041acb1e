import { chunks } from '../database/chunks';
import { insertRows } from '../database/insert-rows';
import type { Writer } from '../database/store-database';
import type { HourlyTable, Scope } from '../database/store-schema';

const HOUR_MS = 3_600_000;
const WRITE_ROWS = 1000;

type Counts = Pick<HourlyTable, 'opens' | 'unique_opens' | 'machine_opens'>;

/** Start of the hour (UTC) that a time lies in. */
export function hourOf(at: number): number {
	return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** Steps of the hourly counters, gathered in memory and added to the table in one go. */
export class HourCounts {
	readonly #rows = new Map<string, HourlyTable>();

	/** Adds to the hour that `at` lies in; negative numbers take away. */
	add(scope: Scope, scopeId: string, at: number, counts: Partial<Counts>): void {
		const hour = hourOf(at);
		const key = `${hour} ${scope} ${scopeId}`;
		let row = this.#rows.get(key);
		if (row === undefined) {
			row = { scope, scope_id: scopeId, hour, opens: 0, unique_opens: 0, machine_opens: 0 };
			this.#rows.set(key, row);
		}
		row.opens += counts.opens ?? 0;
		row.unique_opens += counts.unique_opens ?? 0;
		row.machine_opens += counts.machine_opens ?? 0;
	}

	/**
	 * Adds all steps to the table, in one order, so that no two transactions wait for each other in
	 * a circle. Hours where nothing is left are removed.
	 */
	async save(db: Writer): Promise<void> {
		const steps = [...this.#rows]
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([, row]) => row)
			.filter((row) => row.opens !== 0 || row.unique_opens !== 0 || row.machine_opens !== 0);
		for (const rows of chunks(steps, WRITE_ROWS)) {
			await insertRows(db, 'hourly', rows)
				.onConflict((conflict) =>
					conflict.columns(['scope', 'scope_id', 'hour']).doUpdateSet((is) => ({
						opens: is('hourly.opens', '+', is.ref('excluded.opens')),
						unique_opens: is('hourly.unique_opens', '+', is.ref('excluded.unique_opens')),
						machine_opens: is('hourly.machine_opens', '+', is.ref('excluded.machine_opens')),
					})),
				)
				.execute();
		}
		const lessened = steps.filter((row) => row.opens < 0 || row.machine_opens < 0);
		for (const rows of Object.values(groupBy(lessened))) await removeEmpty(db, rows);
	}
}

function groupBy(rows: readonly HourlyTable[]): Record<string, HourlyTable[]> {
	const groups: Record<string, HourlyTable[]> = {};
	for (const row of rows) (groups[`${row.scope} ${row.scope_id}`] ??= []).push(row);
	return groups;
}

/** Removes hours of one scope that count nothing any more. */
async function removeEmpty(db: Writer, rows: readonly HourlyTable[]): Promise<void> {
	for (const part of chunks(rows, WRITE_ROWS)) {
		const [{ scope, scope_id } = { scope: 'total' as const, scope_id: '' }] = part;
		await db
			.deleteFrom('hourly')
			.where('scope', '=', scope)
			.where('scope_id', '=', scope_id)
			.where(
				'hour',
				'in',
				part.map(({ hour }) => hour),
			)
			.where('opens', '=', 0)
			.where('unique_opens', '=', 0)
			.where('machine_opens', '=', 0)
			.execute();
	}
}
