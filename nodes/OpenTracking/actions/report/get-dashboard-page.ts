import { dashboardPage } from '../../../../src/reports/pages/dashboard-page';
import { periodOf, RANGES } from '../../../../src/reports/shown/period';
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
			description: 'The span of time that the page is about',
		},
		timeZoneProperty,
	],
	async execute({ node, store, index }) {
		const now = new Date();
		const timeZone = timeZoneOf({ node, index });
		const range = node.getNodeParameter('range', index) as string;
		const html = await dashboardPage(store, {
			now,
			timeZone,
			period: periodOf({ range }, timeZone, now),
			root: null,
			chosen: {},
			live: false,
			forms: null,
			newPixel: null,
			pixel: null,
			notice: null,
			waiting: await waitingFolders().report(),
			tryUrls: [],
		});
		const data = await node.helpers.prepareBinaryData(
			Buffer.from(html),
			'dashboard.html',
			'text/html',
		);
		return [{ json: {}, binary: { data } }];
	},
};
