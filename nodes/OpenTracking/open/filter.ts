import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { OpenFilter } from '../../../src/storage/tracking-store';
import { ACTORS } from '../../../src/tracking/open-event';

export const openFilterProperty: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add filter',
	default: {},
	options: [
		{
			displayName: 'Actor',
			name: 'actor',
			type: 'options',
			options: ACTORS.map((actor) => ({ name: actor, value: actor })),
			default: 'human',
			description: 'Who loaded the image',
		},
		{
			displayName: 'Campaign ID',
			name: 'campaignId',
			type: 'string',
			default: '',
		},
		{
			displayName: 'Counted',
			name: 'actorClass',
			type: 'options',
			options: [
				{
					name: 'Counted Opens',
					value: 'counted',
					description: 'By people, by mail proxies for people, and by unknown',
				},
				{
					name: 'Machine Opens',
					value: 'machine',
					description: 'By prefetchers, scanners and bots',
				},
			],
			default: 'counted',
		},
		{
			displayName: 'From',
			name: 'from',
			type: 'dateTime',
			default: '',
			description: 'Opens at or after this time',
		},
		{
			displayName: 'Pixel ID',
			name: 'pixelId',
			type: 'string',
			default: '',
		},
		{
			displayName: 'Recipient ID',
			name: 'recipientId',
			type: 'string',
			default: '',
		},
		{
			displayName: 'To',
			name: 'to',
			type: 'dateTime',
			default: '',
			description: 'Opens before this time',
		},
	],
};

/** The filter as the user filled it in; empty fields do not limit. */
export function readOpenFilter(node: IExecuteFunctions, index: number): OpenFilter {
	const { from, to, ...rest } = node.getNodeParameter('filters', index, {}) as Omit<
		OpenFilter,
		'from' | 'to'
	> & { from?: string; to?: string };
	return {
		...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '')),
		...(from && { from: new Date(from) }),
		...(to && { to: new Date(to) }),
	};
}
