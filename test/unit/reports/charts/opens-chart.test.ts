import fc from 'fast-check';

import { opensChart, type ChartBar } from '../../../../src/reports/charts/opens-chart';

const SIZE = { width: 350, height: 220 };

function barsOf(counts: ReadonlyArray<[opens: number, machineOpens: number]>): ChartBar[] {
	return counts.map(([opens, machineOpens], index) => ({
		label: `${index + 1} Nov`,
		opens,
		machineOpens,
	}));
}

/** Left, right, top and bottom of each bar of an outline. */
function boxes(outline: string) {
	return [...outline.matchAll(/M([\d.]+),([\d.]+)v-([\d.]+)h([\d.]+)v([\d.]+)z/g)].map(
		([bar, ...numbers]) => {
			const [left, bottom, height, width, down] = numbers.map(Number);
			expect([bar, down]).toEqual([bar, height]);
			return { left, right: left + width, top: bottom - height, bottom };
		},
	);
}

describe('opensChart', () => {
	test.each([
		[0, ['0', '1']],
		[1, ['0', '1']],
		[3, ['0', '1', '2', '3']],
		[4, ['0', '1', '2', '3', '4']],
		[5, ['0', '2', '4', '6']],
		[11, ['0', '5', '10', '15']],
		[40, ['0', '10', '20', '30', '40']],
		[12_600, ['0', '5 000', '10 000', '15 000']],
	])('has round numbers beside it for at most %d loads', (highest, texts) => {
		const { lines } = opensChart(barsOf([[highest, 0]]), SIZE);
		expect(lines.map(({ text }) => text.replace(/\s/g, ' '))).toEqual(texts);
	});

	test('draws machine loads on top of opens, and nothing where there was nothing', () => {
		const chart = opensChart(
			barsOf([
				[20, 20],
				[0, 0],
				[0, 10],
			]),
			SIZE,
		);
		const [zero, ten, twenty, , forty] = chart.lines.map(({ y }) => y);
		const opens = boxes(chart.opens);
		const machines = boxes(chart.machineOpens);
		expect(opens).toMatchObject([{ top: twenty, bottom: zero }]);
		expect(machines).toMatchObject([
			{ left: opens[0].left, top: forty, bottom: twenty },
			{ top: ten, bottom: zero },
		]);
		expect(chart.labels.map(({ text }) => text)).toEqual(['1 Nov', '2 Nov', '3 Nov']);
		expect(chart.labels[0].x).toBeCloseTo((opens[0].left + opens[0].right) / 2, 1);
		expect(chart.labels[2].x).toBeCloseTo((machines[1].left + machines[1].right) / 2, 1);
	});

	test('keeps bars, lines and labels inside, and labels apart, whatever the counts', () => {
		const count = fc.nat({ max: 1_000_000_000 });
		fc.assert(
			fc.property(
				fc.array(fc.tuple(count, count), { minLength: 1, maxLength: 90 }),
				fc.constantFrom(SIZE, { width: 1040, height: 260 }),
				(counts, size) => {
					const chart = opensChart(barsOf(counts), size);
					expect(chart.lines.length).toBeLessThanOrEqual(6);
					const [lowest] = chart.lines;
					const highest = chart.lines[chart.lines.length - 1];
					const bars = [...boxes(chart.opens), ...boxes(chart.machineOpens)];
					// Less than a hundredth of a pixel is not drawn.
					const most = Math.max(...counts.map(([opens, machines]) => opens + machines));
					const loadsAbove = (least: number) =>
						counts.flat().filter((loads) => loads > least).length;
					expect(bars.length).toBeLessThanOrEqual(loadsAbove(0));
					expect(bars.length).toBeGreaterThanOrEqual(loadsAbove(most / 5000));
					for (const { left, right, top, bottom } of bars) {
						expect(left).toBeGreaterThanOrEqual(chart.left);
						expect(right).toBeLessThanOrEqual(chart.right);
						expect(top).toBeGreaterThanOrEqual(highest.y - 0.02);
						expect(bottom).toBeLessThanOrEqual(lowest.y);
					}
					// The test's own measure of a character at 12 pixels.
					const labels = chart.labels.map(({ x, text }) => [
						x - text.length * 3.5,
						x + text.length * 3.5,
					]);
					expect(labels[0][0]).toBeGreaterThanOrEqual(0);
					expect(labels[labels.length - 1][1]).toBeLessThanOrEqual(size.width);
					for (let i = 1; i < labels.length; i++) {
						expect(labels[i][0]).toBeGreaterThan(labels[i - 1][1]);
					}
				},
			),
		);
	});
});
