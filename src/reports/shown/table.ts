import type { ShownTime } from './local-time';
import type { ShownActor } from './shown-open';

/** One column of a table. On a phone each row is a block, in which `full` and `wide` cells take more room. */
export interface Column {
	name: string;
	kind?: 'name' | 'num' | 'wide' | 'full';
	/** Where the table is in the order of this column */
	sortHref?: string | null;
	/** Whether it is so now */
	sorted?: 'ascending' | 'descending';
}

/** What stands in one place of a table; a text alone, or with more. */
export interface Cell {
	text?: string;
	href?: string | null;
	/** A second, smaller line */
	sub?: string | null;
	tag?: string | null;
	time?: ShownTime | null;
	actor?: ShownActor;
	/** A box to choose the row with, by its value */
	choice?: { name: string; value: string };
}

/** A table as `templates/table.eta` draws it. */
export interface Table {
	/** What it shows, for those who cannot see where it stands */
	caption: string;
	columns: Column[];
	rows: Cell[][];
	/** What is said where there is no row */
	empty: string;
}

/** The pages before and after one page of a list. */
export interface Paging {
	page: number;
	newer: string | null;
	older: string | null;
}
