/** Counts of people: one row per group, one column per value of a second question. */
export interface CountTable {
	rows: readonly string[];
	columns: readonly string[];
	/** `counts[row][column]`, whole numbers of at least 0 */
	counts: ReadonlyArray<readonly number[]>;
}

/** A table that may be shown. `null` is a number that is held back. */
export interface PublishedTable {
	rows: readonly string[];
	columns: readonly string[];
	counts: Array<Array<number | null>>;
	rowTotals: Array<number | null>;
	columnTotals: Array<number | null>;
	total: number | null;
}

/** The smallest group of people a number may be about, unless somebody asks for more. */
export const DEFAULT_K = 10;

/**
 * Holds back every number that is about fewer than `k` people, and as many others as it takes so
 * that none of the first can be worked out from the rest.
 *
 * How: the totals are seen as one more row and column, so that every line of the table has a sum
 * that everybody knows. Numbers from 1 to k-1 are held back. Then for each of them a loop of
 * cells is looked for, alternating along rows and columns, through which people could be moved
 * until the small number would be k or more while every line keeps its sum. If all cells of a
 * loop are held back, the shown numbers fit a table with a small number as well as one with a
 * large one, so the small one cannot be derived, nor even be known to be small. The loop that
 * hides the fewest people is chosen (Dijkstra; on networks and this task see D. Gusfield, "A graph
 * theoretic approach to statistical data security", SIAM J. Comput. 17(3), 1988). Zeros are shown:
 * they are about nobody.
 *
 * Filters: put the values of the filter into the columns and answer each filter with its column
 * (`filtered`). All answers then come from one published table, so comparing them tells nothing
 * new. Do not publish several tables over the same people with different groupings: what two
 * tables tell together is not checked here.
 *
 * @param k at least 2; 10 unless there is a reason
 * @throws on counts that are no whole numbers of at least 0, on ragged tables and on a bad k
 */
export function suppressSmallCells(table: CountTable, k: number = DEFAULT_K): PublishedTable {
	check(table, k);
	const grid = new Grid(table);
	const total = grid.value(grid.height - 1, grid.width - 1);
	// A whole table about too few people has nothing to hide behind.
	if (total > 0 && total < k) grid.hideAll();
	else {
		const small = grid.cells().filter(({ value }) => value > 0 && value < k);
		for (const { row, column } of small) grid.hide(row, column);
		small.sort((a, b) => a.value - b.value);
		for (const { row, column, value } of small) grid.protect(row, column, k - value);
	}
	return grid.published(table);
}

/** The answer to one filter: the numbers of one column, and its total. Nobody is in an unknown one. */
export function filtered(published: PublishedTable, column: string): PublishedCell[] {
	if (published.columns.includes(column)) {
		return cellsOf(published).filter((cell) => cell.column === column);
	}
	return [...published.rows, null].map((row) => ({ row, column, count: 0 }));
}

/** One number of a published table. `null` for row or column is the total over all of them. */
export interface PublishedCell {
	row: string | null;
	column: string | null;
	/** `null` is a number that is held back */
	count: number | null;
}

/** The numbers of a published table one by one, each row with its total, the totals last. */
export function cellsOf(published: PublishedTable): PublishedCell[] {
	const { rows, columns, counts, rowTotals, columnTotals, total } = published;
	const line = (row: string | null, numbers: Array<number | null>): PublishedCell[] =>
		numbers.map((count, index) => ({ row, column: columns[index] ?? null, count }));
	return [
		...rows.flatMap((row, index) => line(row, [...counts[index], rowTotals[index]])),
		...line(null, [...columnTotals, total]),
	];
}

function check({ rows, columns, counts }: CountTable, k: number): void {
	if (!Number.isInteger(k) || k < 2) throw new Error('k must be a whole number of at least 2.');
	const fits =
		counts.length === rows.length && counts.every((row) => row.length === columns.length);
	if (!fits) throw new Error('The counts do not fit the rows and columns. Give one per pair.');
	if (!counts.flat().every((count) => Number.isSafeInteger(count) && count >= 0)) {
		throw new Error('Counts must be whole numbers of at least 0.');
	}
}

/** The table with its totals as last row and last column. */
class Grid {
	readonly height: number;
	readonly width: number;
	private readonly values: number[][];
	private readonly hidden: boolean[][];

	constructor({ rows, columns, counts }: CountTable) {
		this.height = rows.length + 1;
		this.width = columns.length + 1;
		this.values = counts.map((row) => [...row, sum(row)]);
		this.values.push(
			Array.from({ length: this.width }, (_, column) => sum(this.values.map((row) => row[column]))),
		);
		this.hidden = this.values.map((row) => row.map(() => false));
	}

	value(row: number, column: number): number {
		return this.values[row][column];
	}

	cells(): Array<{ row: number; column: number; value: number }> {
		return this.values.flatMap((line, row) =>
			line.map((value, column) => ({ row, column, value })),
		);
	}

	hide(row: number, column: number): void {
		this.hidden[row][column] = true;
	}

	hideAll(): void {
		for (const line of this.hidden) line.fill(true);
	}

	/** Hides the cheapest loop through which `amount` people could be moved into a cell. */
	protect(row: number, column: number, amount: number): void {
		const loop = this.cheapestLoop(row, column, amount);
		if (loop) {
			for (const cell of loop) this.hide(cell.row, cell.column);
			return;
		}
		// No loop has room for so many: show the number of all people and nothing else, save for the
		// total of an only row or column, which is the same number.
		this.hideAll();
		const [bottom, right] = [this.height - 1, this.width - 1];
		this.hidden[bottom][right] = false;
		if (bottom === 1) this.hidden[0][right] = false;
		if (right === 1) this.hidden[bottom][0] = false;
	}

	/**
	 * Dijkstra over rows and columns. Lines have the sum zero when totals count as negative, so
	 * putting people into a cell must be paid back along its column, that along a row, and so on
	 * until the row of the cell is reached again.
	 */
	private cheapestLoop(
		row: number,
		column: number,
		amount: number,
	): Array<{ row: number; column: number }> | null {
		const raises = !this.isTotal(row, column);
		const start = this.height + column;
		const size = this.height + this.width;
		const cost = new Array<number>(size).fill(Infinity);
		const from = new Array<number>(size).fill(-1);
		const done = new Array<boolean>(size).fill(false);
		cost[start] = 0;

		for (;;) {
			let node = -1;
			for (let other = 0; other < size; other++) {
				if (!done[other] && cost[other] < Infinity && (node < 0 || cost[other] < cost[node])) {
					node = other;
				}
			}
			if (node < 0) return null;
			if (node === row) break;
			done[node] = true;
			const atColumn = node >= this.height;
			const line = atColumn ? node - this.height : node;
			for (let other = 0; other < (atColumn ? this.height : this.width); other++) {
				const cell = atColumn ? { row: other, column: line } : { row: line, column: other };
				const target = atColumn ? other : this.height + other;
				if (done[target] || (cell.row === row && cell.column === column)) continue;
				// Leaving a column takes people out where the cell counts like the first, else puts in.
				const takesOut = atColumn === (raises === !this.isTotal(cell.row, cell.column));
				const price = this.price(cell.row, cell.column, takesOut, amount);
				if (cost[node] + price < cost[target]) {
					cost[target] = cost[node] + price;
					from[target] = node;
				}
			}
		}

		const loop: Array<{ row: number; column: number }> = [];
		for (let node = row; node !== start; node = from[node]) {
			const [a, b] = [node, from[node]];
			loop.push({ row: Math.min(a, b), column: Math.max(a, b) - this.height });
		}
		return loop;
	}

	/** What hiding a cell loses; nothing when it is hidden, endless when it has too few people. */
	private price(row: number, column: number, takesOut: boolean, amount: number): number {
		if (takesOut && this.values[row][column] < amount) return Infinity;
		if (this.hidden[row][column]) return 0;
		// The number of all people is shown whenever it is large enough.
		if (row === this.height - 1 && column === this.width - 1) return Infinity;
		return this.values[row][column] + 1;
	}

	/** Totals count as negative in their lines; the total of all totals is positive again. */
	private isTotal(row: number, column: number): boolean {
		return (row === this.height - 1) !== (column === this.width - 1);
	}

	published({ rows, columns }: CountTable): PublishedTable {
		const shown = this.values.map((line, row) =>
			line.map((value, column) => (this.hidden[row][column] ? null : value)),
		);
		const last = shown[this.height - 1];
		return {
			rows,
			columns,
			counts: shown.slice(0, -1).map((line) => line.slice(0, -1)),
			rowTotals: shown.slice(0, -1).map((line) => line[this.width - 1]),
			columnTotals: last.slice(0, -1),
			total: last[this.width - 1],
		};
	}
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
