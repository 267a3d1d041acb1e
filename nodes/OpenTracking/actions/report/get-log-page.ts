import { LOG_FILTERS, logPage, type LogFilter } from '../../../../src/reports/pages/log-page';
import { titleCase } from '../../../shared/fields/title-case';
import type { Operation } from '../../common/operation';
import { periodOf } from '../../../../src/reports/shown/period';
import { pixelIdProperty, readPixel } from '../../common/pixel-id';
import { timeZoneOf, timeZoneProperty } from './time-zone';

export const getLogPage: Operation = {
	value: 'getLogPage',
	name: 'Get Log Page',
	action: 'Get log page of pixel',
	description: 'Write the log of a pixel to an HTML file, 50 loads to a page',
	properties: [
		pixelIdProperty,
		{
			displayName: 'Page',
			name: 'page',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 1,
			description: 'From 1, the newest loads',
		},
		{
			displayName: 'Loads',
			name: 'show',
			type: 'options',
			options: Object.entries(LOG_FILTERS).map(([value, name]) => ({
				name: titleCase(name),
				value,
			})),
			default: 'all',
			description: 'Which loads to list',
		},
		timeZoneProperty,
	],
	async execute(context) {
		const { node, store, index } = context;
		const pixel = await readPixel(context);
		const now = new Date();
		const timeZone = timeZoneOf({ node, index });
		const html = await logPage(store, pixel, {
			now,
			timeZone,
			period: periodOf({ range: 'all' }, timeZone, now),
			root: null,
			chosen: {},
			page: node.getNodeParameter('page', index) as number,
			show: node.getNodeParameter('show', index) as LogFilter,
			deletion: null,
		});
		const data = await node.helpers.prepareBinaryData(Buffer.from(html), 'log.html', 'text/html');
		return [{ json: { pixelId: pixel.id }, binary: { data } }];
	},
};
