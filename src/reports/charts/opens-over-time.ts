import type { OpensPerHour } from '../../storage/port/counts';
import { opensChart, type OpensChart } from './opens-chart';
import { bucketOpens, sumOf, type Buckets, type Period } from '../shown/period';
import { shownCount } from '../shown/shown-open';
import type { Table } from '../shown/table';

/** A chart of opens in both its sizes, with its numbers and what they say in words. */
export interface ShownChart {
	wide: OpensChart;
	narrow: OpensChart;
	summary: string;
	table: Table;
	/** Whether it shows no machine loads, and needs no legend */
	onlyOpens?: boolean;
}

/** Opens over time in a period, and how many there were. */
export function opensOverTime(rows: readonly OpensPerHour[], period: Period) {
	const buckets = bucketOpens(rows, period);
	return { sum: sumOf(buckets), chart: chartOf(buckets, period.words) };
}

/** Draws the parts of some span of time. @param words when, to stand behind a number */
export function chartOf({ unit, list }: Buckets, words: string): ShownChart {
	const sum = sumOf({ unit, list });
	const most = list.reduce((a, b) => (b.opens > a.opens ? b : a));
	const peak = most.opens > 0 ? ` Most opens: ${shownCount(most.opens)} at ${most.label}.` : '';
	return {
		wide: opensChart(list, { width: 1040, height: 260 }),
		narrow: opensChart(list, { width: 350, height: 220 }),
		summary: `${shownCount(sum.opens)} opens and ${shownCount(sum.machineOpens)} machine loads ${words}.${peak}`,
		table: {
			caption: `Opens ${words}`,
			columns: [
				{ name: `${unit[0].toUpperCase()}${unit.slice(1)}`, kind: 'name' },
				{ name: 'Opens', kind: 'num' },
				{ name: 'First opens', kind: 'num' },
				{ name: 'Machine loads', kind: 'num' },
			],
			rows: list.map(({ label, opens, uniqueOpens, machineOpens }) => [
				{ text: label },
				{ text: shownCount(opens) },
				{ text: shownCount(uniqueOpens) },
				{ text: shownCount(machineOpens) },
			]),
			empty: '',
		},
	};
}
