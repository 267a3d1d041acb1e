import { EDGE, GAP, LABEL_GAP, LABELS, rounded, scaleValues, TOP, widest } from './chart-scale';
import type { ChartSize } from './chart-scale';
import { shownCount } from '../shown/shown-open';

/** One bar of the chart. */
export interface ChartBar {
	label: string;
	opens: number;
	machineOpens: number;
}

/** Where everything in the chart stands, in pixels from its upper left corner. */
export interface OpensChart extends ChartSize {
	/** Where the lines across the chart begin and end */
	left: number;
	right: number;
	/** The lines across the chart, lowest first, each with the number of loads it stands for */
	lines: Array<{ y: number; text: string }>;
	/** Where the numbers beside the lines end */
	linesEnd: number;
	/** The labels below the bars that have room beside each other */
	labels: Array<{ x: number; text: string }>;
	/** The middle of the labels */
	labelsMiddle: number;
	/** The outlines of the bars: counted opens below, loads by machines on top */
	opens: string;
	machineOpens: string;
}

const WIDEST_BAR = 28;
/** How much of its place a bar takes. */
const BAR_SHARE = 0.72;

/** Lays out opens over time as bars, for `templates/opens-chart.eta` to draw. */
export function opensChart(bars: readonly ChartBar[], size: ChartSize): OpensChart {
	const values = scaleValues(Math.max(...bars.map((bar) => bar.opens + bar.machineOpens)));
	const texts = values.map(shownCount);
	const left = rounded(EDGE + widest(texts) + GAP);
	const right = size.width - EDGE;
	const bottom = size.height - EDGE - LABELS;
	const place = (right - left) / bars.length;
	const barWidth = Math.min(WIDEST_BAR, place * BAR_SHARE);
	const highest = values[values.length - 1];
	const yOf = (value: number) => bottom - (value / highest) * (bottom - TOP);
	const middleOf = (index: number) => left + (index + 0.5) * place;
	const outline = (index: number, from: number, to: number) => {
		const height = rounded(yOf(from) - yOf(to));
		const start = `M${rounded(middleOf(index) - barWidth / 2)},${rounded(yOf(from))}`;
		return height > 0 ? `${start}v${-height}h${rounded(barWidth)}v${height}z` : '';
	};

	const labelWidth = widest(bars.map(({ label }) => label));
	const every = Math.max(1, Math.ceil((labelWidth + LABEL_GAP) / place));
	return {
		...size,
		left,
		right,
		lines: values.map((value, index) => ({ y: rounded(yOf(value)), text: texts[index] })),
		linesEnd: rounded(left - GAP),
		labelsMiddle: bottom + LABELS / 2 + 2,
		labels: bars
			.map(({ label }, index) => ({ x: rounded(middleOf(index)), text: label }))
			.filter(({ x }, index) => index % every === 0 && x + labelWidth / 2 <= size.width),
		opens: bars.map((bar, index) => outline(index, 0, bar.opens)).join(''),
		machineOpens: bars
			.map((bar, index) => outline(index, bar.opens, bar.opens + bar.machineOpens))
			.join(''),
	};
}
