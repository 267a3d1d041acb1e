import { dashboardPage } from '../../../../src/reports/pages/dashboard-page';
import { RANGES, type Range } from '../../../../src/reports/pages/opens-over-time';
import { titleCase } from '../../../shared/fields/title-case';
import { waitingFolders } from '../../../shared/receive/waiting-opens';
import type { Operation } from '../../common/operation';
import { timeZoneOf, timeZoneProperty } from './time-zone';

export const getDashboardPage: Operation = {
	value: 'getDashboardPage',
	name: 'Get Dashboard Page',
	action: 'Get dashboard page',
	description: 'Write the dashboard to an HTML file, to send or to keep',
	properties: [
		{
			displayName: 'Range',
			name: 'range',
			type: 'options',
			options: Object.entries(RANGES).map(([value, { name }]) => ({
				name: titleCase(name),
				value,
			})),
			default: '30d',
			description: 'The span of time that the chart shows',
		},
		timeZoneProperty,
	],
	async execute({ node, store, index }) {
		const html = await dashboardPage(store, {
			now: new Date(),
			timeZone: timeZoneOf({ node, index }),
			range: node.getNodeParameter('range', index) as Range,
			live: false,
			forms: null,
			newPixel: null,
			pixel: null,
			notice: null,
			waiting: await waitingFolders().report(),
		});
		const data = await node.helpers.prepareBinaryData(
			Buffer.from(html),
			'dashboard.html',
			'text/html',
		);
		return [{ json: {}, binary: { data } }];
	},
};
