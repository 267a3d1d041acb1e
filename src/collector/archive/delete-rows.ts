import { pause } from '../../async/backoff';
import { chunks } from '../../storage/database/chunks';
import { qualified, type ArchiveTable } from './archive-table';
import { ClickHouseError, literal, only, type ClickHouse } from './click-house';

/** Names in one statement, of up to 1,000 bytes each. */
const AT_ONCE = 500;
const STATEMENT_BYTES = 2_000_000;
const ASK_EVERY_MS = 500;
/** ClickHouse writes every part anew that such a row is in. */
const DONE_WITHIN_MS = 1_800_000;

/**
 * Deletes the rows that have one of these values in a column, and waits until they are no longer in
 * the parts that ClickHouse reads.
 */
export async function deleteRows(
	clickHouse: ClickHouse,
	table: ArchiveTable,
	column: 'event_id' | 'pixel_id' | 'recipient_id',
	values: readonly string[],
	signal: AbortSignal,
): Promise<void> {
	for (const part of chunks(values, AT_ONCE)) {
		await clickHouse.run(
			`ALTER TABLE ${qualified(table)} DELETE WHERE ${column} IN (${part.map(literal).join(', ')})`,
			{ max_query_size: String(STATEMENT_BYTES) },
		);
	}
	const underWay = `SELECT count() > 0 AS going FROM system.mutations WHERE NOT is_done
		AND database = ${literal(table.database)} AND table = ${literal(table.name)}`;
	const until = performance.now() + DONE_WITHIN_MS;
	while ((await only<{ going: number }>(clickHouse.rows(underWay))).going) {
		if (performance.now() > until) {
			throw new ClickHouseError(
				'ClickHouse has not deleted rows that it was told to half an hour ago',
			);
		}
		await pause(ASK_EVERY_MS, signal);
		if (signal.aborted) return;
	}
}
