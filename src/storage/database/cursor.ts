import { StoreError } from '../port/store-error';

/** Where a page ended: the values of the columns it is ordered by. */
export type Position = readonly [number | string, string];

/** An opaque text for a position in a list. */
export function writeCursor(position: Position): string {
	return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The position in a cursor whose first value is of this type. Throws a {@link StoreError}. */
export function readCursor(cursor: string, first: 'number'): readonly [number, string];
export function readCursor(cursor: string, first: 'string'): readonly [string, string];
export function readCursor(cursor: string, first: 'number' | 'string'): Position {
	const values = parse(cursor);
	if (Array.isArray(values) && values.length === 2) {
		const [a, b] = values as unknown[];
		if ((typeof a === 'string' || typeof a === 'number') && typeof a === first) {
			if (typeof b === 'string') return [a, b];
		}
	}
	throw new StoreError(
		'invalid',
		'Invalid cursor. Use the cursor returned with the previous page.',
	);
}

function parse(cursor: string): unknown {
	try {
		return JSON.parse(Buffer.from(cursor, 'base64url').toString());
	} catch {
		return null;
	}
}

/** The most rows that one page may have. */
export const MAX_PAGE = 1000;

/** Throws a {@link StoreError} unless the page size is a whole number from 1 to 1,000. */
export function checkLimit(limit: number): void {
	if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return;
	throw new StoreError('invalid', 'The page size must be a whole number from 1 to 1,000.');
}

/** Splits `limit + 1` rows into the page and the cursor of the next one. */
export function toPage<Row>(
	rows: readonly Row[],
	limit: number,
	positionOf: (row: Row) => Position,
): { page: Row[]; nextCursor: string | null } {
	const page = rows.slice(0, limit);
	const last = rows.length > limit ? page.at(-1) : undefined;
	return { page, nextCursor: last === undefined ? null : writeCursor(positionOf(last)) };
}
