import { EDGE, GAP, LABEL_GAP, LABELS, rounded, scaleValues, TOP, widest } from './chart-scale';
import type { ChartSize } from './chart-scale';

/** One line of the chart: a share from 0 to 1 after each hour. */
export interface ChartLine {
	shares: readonly number[];
}

/** Where everything in the chart stands, in pixels from its upper left corner. */
export interface LinesChart extends ChartSize {
	left: number;
	right: number;
	lines: Array<{ y: number; text: string }>;
	linesEnd: number;
	labels: Array<{ x: number; text: string }>;
	labelsMiddle: number;
	/** The paths of the lines, in their order */
	paths: string[];
}

/** Lays out shares that grow with age, for `templates/lines-chart.eta` to draw. */
export function linesChart(lines: readonly ChartLine[], size: ChartSize): LinesChart {
	const hours = Math.max(1, ...lines.map(({ shares }) => shares.length));
	const values = scaleValues(Math.max(...lines.flatMap(({ shares }) => shares), 0) * 100);
	const texts = values.map((value) => `${value} %`);
	const left = rounded(EDGE + widest(texts) + GAP);
	const right = size.width - EDGE;
	const bottom = size.height - EDGE - LABELS;
	const highest = values[values.length - 1];
	const xOf = (hour: number) => rounded(left + (hour / hours) * (right - left));
	const yOf = (share: number) => rounded(bottom - ((share * 100) / highest) * (bottom - TOP));
	const room = (widest([`${hours} h`]) + LABEL_GAP) / ((right - left) / hours);
	const every = [1, 2, 3, 6, 12, 24, 48, 168, 336, 720].find((step) => step >= room) ?? 2_160;
	const marks = Array.from({ length: Math.floor(hours / every) + 1 }, (_, index) => index * every);
	return {
		...size,
		left,
		right,
		lines: values.map((value, index) => ({ y: yOf(value / 100), text: texts[index] })),
		linesEnd: rounded(left - GAP),
		labels: marks
			.map((hour) => ({ x: xOf(hour), text: `${hour} h` }))
			.filter(({ x, text }) => x + widest([text]) / 2 <= size.width),
		labelsMiddle: bottom + LABELS / 2 + 2,
		paths: lines.map(({ shares }) =>
			shares.reduce(
				(path, share, index) => `${path}L${xOf(index + 1)},${yOf(share)}`,
				`M${xOf(0)},${yOf(0)}`,
			),
		),
	};
}
