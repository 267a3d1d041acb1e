import { pageData } from '../pages/page-data';
import { render } from '../render';
import { linkTo, type Frame, type Query } from '../shown/frame';
import type { Sorting } from '../shown/list-tables';
import type { Paging, Table } from '../shown/table';

/** Rows on one page of a list. */
export const LIST_SIZE = 25;

/** Which part of a list the reader asked for. */
export interface ListView extends Frame {
	/** From 1 */
	page: number;
	/** What is searched for; empty for all */
	search: string;
	/** Name of an order; empty for that of the list */
	sort: string;
}

/** Where the rows of a page begin, and how many there are. */
export function partOf({ page }: Pick<ListView, 'page'>): { limit: number; offset: number } {
	return { limit: LIST_SIZE, offset: (page - 1) * LIST_SIZE };
}

/** The order asked for if the list has it, else its own. */
export function knownSort<Sort extends string>(sorts: readonly Sort[], text: string): Sort {
	return sorts.find((sort) => sort === text) ?? sorts[0];
}

/** The pages before and after; `keep` is what their addresses say besides. */
export function pagingOf(
	view: Frame & { page: number },
	path: string,
	hasMore: boolean,
	keep: Query,
): Paging {
	const { page } = view;
	const at = (number: number) => linkTo(view, path, { ...keep, page: number });
	return { page, newer: page > 1 ? at(page - 1) : null, older: hasMore ? at(page + 1) : null };
}

export function sortingOf(view: ListView, path: string, sort: string): Sorting {
	const search = view.search || null;
	return { sort, href: (other) => linkTo(view, path, { q: search, sort: other }) };
}

/** A list as a page: what it is of, its table, and the pages before and after. */
export function listPage(
	view: ListView,
	list: {
		title: string;
		path: string;
		/** In a sentence below the title */
		about: string;
		table: Table;
		hasMore: boolean;
		sort?: string;
		/** What the field that narrows the list asks for; a list without one cannot be searched */
		searchLabel?: string;
		/** Whether the period that the reader chooses limits it */
		hasPeriod?: boolean;
		/** All segments, where one can be chosen */
		segments?: readonly string[];
		/** Where what was chosen in the table is sent, and what the button says */
		choosing?: { page: string; text: string };
	},
): string {
	const { path, sort = null } = list;
	const keep = { q: view.search || null, sort };
	const { table } = list;
	const words = view.search === '' ? table.empty : `Nothing here matches “${view.search}”.`;
	return render('templates/list', {
		...pageData(view, { title: list.title, here: path }),
		list: {
			...list,
			table: { ...table, empty: view.page > 1 ? 'There is nothing on this page.' : words },
		},
		search: view.search,
		sort,
		segment: view.chosen.segment ?? '',
		paging: pagingOf(view, path, list.hasMore, keep),
	});
}
