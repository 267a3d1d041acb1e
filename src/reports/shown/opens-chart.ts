import { shownCount } from './shown-open';

/** One bar of the chart. */
export interface ChartBar {
	label: string;
	opens: number;
	machineOpens: number;
}

export interface ChartSize {
	width: number;
	height: number;
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

const EDGE = 4;
const TOP = 12;
/** Height of the labels below the bars. */
const LABELS = 24;
/** Between the numbers and the lines, and at least between labels. */
const GAP = 8;
const LABEL_GAP = 6;
/** A wide guess at the width of a character: the reader's font is not known. */
const CHARACTER = 7.2;
/** About how many steps the scale has. */
const STEPS = 3;
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

/** Whole numbers at equal steps of 1, 2 or 5 times a power of ten, from 0 to at least the highest. */
function scaleValues(highest: number): number[] {
	const least = Math.max(highest / STEPS, 1);
	const power = 10 ** Math.floor(Math.log10(least));
	// The bounds are the geometric means of neighbors, so that the nearest step is taken.
	const digit = [1, 2, 5].find((one, i) => least / power < Math.sqrt(one * [2, 5, 10][i])) ?? 10;
	const step = digit * power;
	const steps = Math.max(1, Math.ceil(highest / step));
	return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

function widest(texts: readonly string[]): number {
	return Math.max(...texts.map((text) => text.length)) * CHARACTER;
}

function rounded(pixels: number): number {
	return Math.round(pixels * 100) / 100;
}
