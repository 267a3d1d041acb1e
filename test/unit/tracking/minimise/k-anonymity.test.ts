import fc from 'fast-check';

import {
	cellsOf,
	filtered,
	suppressSmallCells,
	type PublishedTable,
} from '../../../../src/tracking/minimise/k-anonymity';

const table = (counts: number[][]) => ({
	rows: counts.map((_, i) => `row ${i}`),
	columns: (counts[0] ?? []).map((_, i) => `column ${i}`),
	counts,
});

/**
 * Every table of counts that fits what was published: the reader's view, worked out by trying and
 * not by the method under test. Bounded by the published total.
 */
function* consistentTables(published: PublishedTable): Generator<number[][]> {
	const { counts, rowTotals, columnTotals, total } = published;
	if (total === null) throw new Error('nothing to try without a total');
	const width = counts[0].length;
	const cells = counts.flat();
	const trial: number[] = [];
	const fits = (): boolean => {
		const at = trial.length;
		const row = Math.floor((at - 1) / width);
		const rowSum = trial.slice(row * width).reduce((a, b) => a + b, 0);
		const full = at % width === 0;
		const rowTotal = rowTotals[row];
		if (rowTotal !== null && (rowSum > rowTotal || (full && rowSum !== rowTotal))) return false;
		const column = (at - 1) % width;
		const columnSum = trial.filter((_, i) => i % width === column).reduce((a, b) => a + b, 0);
		const columnTotal = columnTotals[column];
		const lastRow = row === counts.length - 1;
		if (columnTotal !== null && (columnSum > columnTotal || (lastRow && columnSum !== columnTotal)))
			return false;
		const all = trial.reduce((a, b) => a + b, 0);
		return all <= total && (at < cells.length || all === total);
	};
	function* step(): Generator<number[][]> {
		if (trial.length === cells.length) {
			yield counts.map((_, r) => trial.slice(r * width, (r + 1) * width));
			return;
		}
		const known = cells[trial.length];
		const choices = known === null ? Array.from({ length: total! + 1 }, (_, n) => n) : [known];
		for (const choice of choices) {
			trial.push(choice);
			if (fits()) yield* step();
			trial.pop();
		}
	}
	yield* step();
}

describe('a table of counts', () => {
	it('is shown whole when every group is large enough', () => {
		const published = suppressSmallCells(
			table([
				[10, 20],
				[30, 0],
			]),
			10,
		);
		expect(published).toMatchObject({
			counts: [
				[10, 20],
				[30, 0],
			],
			rowTotals: [30, 30],
			columnTotals: [40, 20],
			total: 60,
		});
	});

	it('hides a small number and a partner in its row and in its column', () => {
		const { counts, rowTotals, total } = suppressSmallCells(
			table([
				[3, 50, 60],
				[40, 70, 80],
				[90, 20, 30],
			]),
			10,
		);
		expect(counts[0][0]).toBeNull();
		expect(counts[0].filter((c) => c === null).length).toBeGreaterThanOrEqual(2);
		expect(counts.map((row) => row[0]).filter((c) => c === null).length).toBeGreaterThanOrEqual(2);
		expect(rowTotals).toEqual([113, 190, 140]);
		expect(total).toBe(443);
	});

	it('about fewer than k people altogether shows nothing', () => {
		expect(suppressSmallCells(table([[4, 5]]), 10)).toMatchObject({
			counts: [[null, null]],
			rowTotals: [null],
			columnTotals: [null, null],
			total: null,
		});
	});

	it('shows only the number of all people when small groups are all there is', () => {
		expect(suppressSmallCells(table([[1], [1], [1]]), 3)).toMatchObject({
			counts: [[null], [null], [null]],
			rowTotals: [null, null, null],
			columnTotals: [3],
			total: 3,
		});
	});

	it('hides a small total as well, and what would give it away', () => {
		const published = suppressSmallCells(
			table([
				[3, 2],
				[100, 200],
			]),
			10,
		);
		expect(published.rowTotals).toEqual([null, null]);
		expect(published.total).toBe(305);
	});

	it('answers a filter from the same table, so comparing answers tells nothing new', () => {
		const published = suppressSmallCells(
			table([
				[95, 5],
				[40, 60],
			]),
			10,
		);
		expect(filtered(published, 'column 0')).toEqual([
			{ row: 'row 0', column: 'column 0', count: null },
			{ row: 'row 1', column: 'column 0', count: null },
			{ row: null, column: 'column 0', count: published.columnTotals[0] },
		]);
		expect(filtered(published, 'other')).toEqual([
			{ row: 'row 0', column: 'other', count: 0 },
			{ row: 'row 1', column: 'other', count: 0 },
			{ row: null, column: 'other', count: 0 },
		]);
	});

	it('gives the numbers one by one, each where it stands in the table', () => {
		const published = suppressSmallCells(
			table([
				[100, 200],
				[0, 300],
			]),
			10,
		);
		expect(cellsOf(published)).toEqual([
			{ row: 'row 0', column: 'column 0', count: 100 },
			{ row: 'row 0', column: 'column 1', count: 200 },
			{ row: 'row 0', column: null, count: 300 },
			{ row: 'row 1', column: 'column 0', count: 0 },
			{ row: 'row 1', column: 'column 1', count: 300 },
			{ row: 'row 1', column: null, count: 300 },
			{ row: null, column: 'column 0', count: 100 },
			{ row: null, column: 'column 1', count: 500 },
			{ row: null, column: null, count: 600 },
		]);
	});

	it.each([
		[{ rows: ['a'], columns: ['b'], counts: [[1.5]] }, 10, /whole numbers/],
		[{ rows: ['a'], columns: ['b'], counts: [[-1]] }, 10, /whole numbers/],
		[{ rows: ['a'], columns: ['b', 'c'], counts: [[1]] }, 10, /do not fit/],
		[{ rows: ['a'], columns: ['b'], counts: [[1]] }, 1, /at least 2/],
	])('refuses %j with k = %i', (bad, k, message) => {
		expect(() => suppressSmallCells(bad, k)).toThrow(message);
	});
});

it('never lets a number that was held back be worked out, nor a small one be known to be small', () => {
	const k = 3;
	const counts = fc
		.record({ height: fc.integer({ min: 1, max: 3 }), width: fc.integer({ min: 1, max: 3 }) })
		.chain(({ height, width }) =>
			fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: width, maxLength: width }), {
				minLength: height,
				maxLength: height,
			}),
		);
	fc.assert(
		fc.property(counts, (values) => {
			const published = suppressSmallCells(table(values), k);
			const truth = values.flat();
			if (published.total === null) {
				expect(truth.reduce((a, b) => a + b, 0)).toBeLessThan(k);
				return;
			}
			const numbers = (t: number[][]) => [
				...t.flat(),
				...t.map((row) => row.reduce((a, b) => a + b, 0)),
				...t[0].map((_, c) => t.reduce((a, row) => a + row[c], 0)),
			];
			const shown = [...published.counts.flat(), ...published.rowTotals, ...published.columnTotals];
			const real = numbers(values);
			shown.forEach((number, i) => {
				if (number !== null) expect(number).toBe(real[i]);
				else return;
				expect(number === 0 || number >= k).toBe(true);
			});
			const open = new Set(shown.flatMap((number, i) => (number === null ? [i] : [])));
			const needsLarge = new Set([...open].filter((i) => real[i] < k && real[i] > 0));
			let tries = 0;
			for (const candidate of consistentTables(published)) {
				if (open.size === 0 && needsLarge.size === 0) break;
				if (++tries > 200_000) throw new Error('too many tables to try');
				const guess = numbers(candidate);
				for (const i of open) if (guess[i] !== real[i]) open.delete(i);
				for (const i of needsLarge) if (guess[i] >= k) needsLarge.delete(i);
			}
			expect([...open]).toEqual([]);
			expect([...needsLarge]).toEqual([]);
		}),
		{ numRuns: 300 },
	);
});
