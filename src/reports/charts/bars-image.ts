import { PNG } from 'pngjs';

import type { ChartBar } from './opens-chart';

/** Tones that stand out on white as well as on black: email programs in dark mode leave images as they are. */
const TONES = {
	opens: [0x2f, 0x8f, 0x78],
	machineOpens: [0x9a, 0x95, 0x8a],
	line: [0x8c, 0x8c, 0x8c],
} as const;
/** How much of its place a bar takes. */
const BAR_SHARE = 0.6;
const LINE = 2;

/**
 * Opens over time as an image for emails, which show no SVG: counted opens below, loads by machines
 * on top, each bar in the middle of an equal part of the width. What it says in letters has to
 * stand beside it.
 *
 * @returns a PNG with a transparent background
 */
export function barsImage(
	bars: readonly ChartBar[],
	{ width, height }: { width: number; height: number },
): Buffer {
	const image = new PNG({ width, height });
	image.data.fill(0);
	const fill = (left: number, right: number, top: number, bottom: number, tone: Tone) => {
		for (let y = Math.round(top); y < Math.round(bottom); y += 1) {
			for (let x = Math.round(left); x < Math.round(right); x += 1) {
				image.data.set([...TONES[tone], 255], (y * width + x) * 4);
			}
		}
	};
	const floor = height - LINE;
	const highest = Math.max(1, ...bars.map((bar) => bar.opens + bar.machineOpens));
	const yOf = (loads: number) => floor - (loads / highest) * floor;
	const place = width / bars.length;
	for (const [index, bar] of bars.entries()) {
		const left = (index + (1 - BAR_SHARE) / 2) * place;
		const right = left + BAR_SHARE * place;
		fill(left, right, yOf(bar.opens), floor, 'opens');
		fill(left, right, yOf(bar.opens + bar.machineOpens), yOf(bar.opens), 'machineOpens');
	}
	fill(0, width, floor, height, 'line');
	return PNG.sync.write(image);
}

type Tone = keyof typeof TONES;
