import { emailReport, REPORT_DAYS } from '../../../../src/reports/email-report/email-report';
import type { Operation } from '../../common/operation';
import { timeZoneOf, timeZoneProperty } from './time-zone';

/** The binary field of the chart, by which the HTML names it. */
const CHART = 'opensChart';

export const getEmailReport: Operation = {
	value: 'getEmailReport',
	name: 'Get Report as Email',
	action: 'Get report as email',
	description:
		'Write subject, HTML and text of an email about the last days against those before: rates, opens, campaigns, what is out of the ordinary',
	properties: [
		{
			displayName: 'Days',
			name: 'reportDays',
			type: 'options',
			options: REPORT_DAYS.map((days) => ({ name: `Last ${days} Days`, value: days })),
			default: 7,
			description: 'Whole days up to yesterday, compared with as many before them',
		},
		timeZoneProperty,
	],
	async execute({ node, store, index }) {
		const { chart, days, ...report } = await emailReport(store, {
			now: new Date(),
			timeZone: timeZoneOf({ node, index }),
			days: node.getNodeParameter('reportDays', index) as number,
			chartName: CHART,
		});
		const image = await node.helpers.prepareBinaryData(chart, 'opens.png', 'image/png');
		return [
			{
				json: { ...report, firstDay: days.first, lastDay: days.last },
				binary: { [CHART]: image },
			},
		];
	},
};
