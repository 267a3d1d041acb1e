/** One number of the report, beside the same of the days before. */
export interface ReportFigure {
	label: string;
	value: string;
	note: string;
	before: string;
}

/** What both parts of the email show. */
export interface ShownReport {
	title: string;
	/** The days, and the zone they are of */
	span: string;
	/** What the column of earlier numbers is called */
	before: string;
	rates: ReportFigure[];
	rateRemarks: string[];
	loads: ReportFigure[];
	/** What the chart shows, in words */
	chart: string;
	/** The numbers below the chart, from left to right */
	bars: Array<{ label: string; opens: string; machineOpens: string }>;
	campaigns: {
		columns: string[];
		rows: Array<{ name: string; cells: string[] }>;
		remark: string;
	};
	unusual: string[];
	rights: ReportFigure[];
	caution: string;
}

/** The report as plain text, with everything that the HTML says. */
export function reportText(report: ShownReport): string {
	const { title, span, rates, rateRemarks, loads, chart, bars, campaigns, unusual } = report;
	const figures = (list: readonly ReportFigure[]) =>
		list.map(
			({ label, value, note, before }) =>
				`${label}: ${value} (${note}); ${report.before}: ${before}`,
		);
	const { columns, rows } = campaigns;
	const sections: Array<[string, string[]]> = [
		['Campaigns', [...figures(rates), ...rateRemarks]],
		[
			'Opens',
			[
				...figures(loads),
				chart,
				...bars.map(
					({ label, opens, machineOpens }) =>
						`${label}: opens ${opens}, machine loads ${machineOpens}`,
				),
			],
		],
		[
			'Top campaigns',
			[
				...rows.map(
					({ name, cells }) =>
						`${name}: ${cells.map((cell, index) => `${columns[index]} ${cell}`).join(', ')}`,
				),
				campaigns.remark,
			],
		],
		['Out of the ordinary, in campaigns of the last two weeks', unusual],
		['Privacy', figures(report.rights)],
	];
	return [
		`${title} ${span}`,
		...sections.map(([heading, lines]) => [`${heading}\n`, ...lines].join('\n')),
		report.caution,
	].join('\n\n');
}
