import type { EChartsOption } from 'echarts';

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

/**
 * Opens over time as an SVG: counted opens below, loads by machines on top. Colours are the page's
 * CSS variables, so that it follows light and dark.
 */
export async function opensChart(bars: readonly ChartBar[], size: ChartSize): Promise<string> {
	// Loaded at the first dashboard and not with n8n: it takes 25 MB.
	const { init } = await import('echarts');
	const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
	try {
		chart.setOption(chartOption(bars));
		// Labels of the axis are our own dates; nothing a stranger wrote gets into the SVG.
		return chart
			.renderToSVGString({ useViewBox: true })
			.replace(/<style[^]*?<\/style>/g, '')
			.replace('<svg ', '<svg aria-hidden="true" focusable="false" ');
	} finally {
		// A chart that is not disposed of keeps a timer, and with it the process, alive.
		chart.dispose();
	}
}

function chartOption(bars: readonly ChartBar[]): EChartsOption {
	const axisLabel = { color: 'var(--muted)', fontSize: 12, fontFamily: 'inherit' };
	const series = (name: string, color: string, data: number[]) => ({
		name,
		type: 'bar' as const,
		stack: 'loads',
		data,
		itemStyle: { color },
		barMaxWidth: 28,
		barCategoryGap: '28%',
		silent: true,
	});
	return {
		animation: false,
		grid: { left: 4, right: 4, top: 12, bottom: 4, containLabel: true },
		xAxis: {
			type: 'category',
			data: bars.map((bar) => bar.label),
			axisTick: { show: false },
			axisLine: { lineStyle: { color: 'var(--line)' } },
			axisLabel: { ...axisLabel, hideOverlap: true },
		},
		yAxis: {
			type: 'value',
			minInterval: 1,
			splitNumber: 3,
			axisLabel,
			splitLine: { lineStyle: { color: 'var(--line)' } },
		},
		series: [
			series(
				'Opens',
				'var(--accent)',
				bars.map((bar) => bar.opens),
			),
			series(
				'Machine loads',
				'var(--machine)',
				bars.map((bar) => bar.machineOpens),
			),
		],
	};
}
