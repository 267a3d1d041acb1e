import { PNG } from 'pngjs';

import { barsImage } from '../../../../src/reports/charts/bars-image';

const SIZE = { width: 100, height: 62 };
const bar = (opens: number, machineOpens: number) => ({ label: '', opens, machineOpens });

/** A letter for the tone in the middle of each bar at these heights above the line. */
function seen(bars: Array<ReturnType<typeof bar>>, heights: number[]): string[] {
	const { data, width, height } = PNG.sync.read(barsImage(bars, SIZE));
	expect({ width, height }).toEqual(SIZE);
	const tones: Record<string, string> = { '47,143,120,255': 'o', '154,149,138,255': 'm' };
	return bars.map((_, index) =>
		heights
			.map((above) => {
				const x = Math.floor(((index + 0.5) * width) / bars.length);
				const at = ((height - 3 - above) * width + x) * 4;
				const tone = [...data.subarray(at, at + 4)].join();
				return tone === '0,0,0,0' ? '-' : tones[tone];
			})
			.join(''),
	);
}

it('draws opens below and machine loads on top, as high as they are many', () => {
	const bars = [bar(2, 1), bar(1, 0), bar(0, 0), bar(0, 3)];
	expect(seen(bars, [0, 18, 22, 38, 42, 58])).toEqual(['oooomm', 'oo----', '------', 'mmmmmm']);
});

it('draws a line alone where nothing was loaded', () => {
	expect(seen([bar(0, 0), bar(0, 0)], [0, 30, 59])).toEqual(['---', '---']);
});
