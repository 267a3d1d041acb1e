export interface ChartSize {
	width: number;
	height: number;
}

export const EDGE = 4;
export const TOP = 12;
/** Height of the labels below a chart. */
export const LABELS = 24;
/** Between the numbers and the lines, and at least between labels. */
export const GAP = 8;
export const LABEL_GAP = 6;
/** A wide guess at the width of a character: the reader's font is not known. */
const CHARACTER = 7.2;
/** About how many steps the scale has. */
const STEPS = 3;

/** Whole numbers at equal steps of 1, 2 or 5 times a power of ten, from 0 to at least the highest. */
export function scaleValues(highest: number): number[] {
	const least = Math.max(highest / STEPS, 1);
	const power = 10 ** Math.floor(Math.log10(least));
	// The bounds are the geometric means of neighbors, so that the nearest step is taken.
	const digit = [1, 2, 5].find((one, i) => least / power < Math.sqrt(one * [2, 5, 10][i])) ?? 10;
	const step = digit * power;
	const steps = Math.max(1, Math.ceil(highest / step));
	return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

/** About how wide the widest of these texts is. */
export function widest(texts: readonly string[]): number {
	return Math.max(...texts.map((text) => text.length)) * CHARACTER;
}

/** To hundredths of a pixel, which nobody sees. */
export function rounded(pixels: number): number {
	return Math.round(pixels * 100) / 100;
}
