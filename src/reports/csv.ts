import { pipeline, Readable } from 'node:stream';

import { stringify } from 'csv-stringify';

/**
 * A CSV file (RFC 4180) as a stream, written row by row as it is read. A value that a spreadsheet
 * would run as a formula gets a quote mark in front of it.
 *
 * @param columns the header row
 * @param rows one list of values per row, in the order of `columns`
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvOf(
	columns: readonly string[],
	rows: AsyncIterable<ReadonlyArray<string | number | null>>,
): Readable {
	const lines = stringify({ header: true, columns: [...columns], escape_formulas: true });
	// A row that cannot be read ends the file with that error, which the reader of the stream gets.
	return pipeline(Readable.from(rows), lines, () => undefined);
}
