import { checkLimit } from '../database/cursor';
import { StoreError } from '../port/store-error';
import type { ListPage, ListRequest } from '../port/answers-store';

/** What a query has to ask for: one row more than is shown tells whether others follow. */
export function pageOf({ limit, offset = 0 }: ListRequest): { take: number; skip: number } {
	checkLimit(limit);
	if (!Number.isSafeInteger(offset) || offset < 0) {
		throw new StoreError('invalid', 'The offset must be a whole number from 0 up.');
	}
	return { take: limit + 1, skip: offset };
}

/** The page that those rows make. */
export function toListPage<Row, Shown>(
	rows: readonly Row[],
	{ limit }: ListRequest,
	show: (row: Row) => Shown,
): ListPage<Shown> {
	return { rows: rows.slice(0, limit).map(show), hasMore: rows.length > limit };
}
