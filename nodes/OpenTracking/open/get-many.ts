import type { INodeExecutionData } from 'n8n-workflow';

import type { Operation } from '../operation';

/** The largest page the store gives out. */
const PAGE = 1000;

export const getManyOpens: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many opens',
	description: 'List recorded opens, newest first',
	properties: [
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			displayOptions: { show: { returnAll: [false] } },
			description: 'Max number of results to return',
		},
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add filter',
			default: {},
			options: [
				{ displayName: 'Campaign ID', name: 'campaignId', type: 'string', default: '' },
				{ displayName: 'Pixel ID', name: 'pixelId', type: 'string', default: '' },
				{ displayName: 'Recipient ID', name: 'recipientId', type: 'string', default: '' },
			],
		},
	],
	async execute({ node, store, index }) {
		const returnAll = node.getNodeParameter('returnAll', index) as boolean;
		let wanted = returnAll
			? Number.POSITIVE_INFINITY
			: (node.getNodeParameter('limit', index) as number);
		const filters = node.getNodeParameter('filters', index, {}) as Record<string, string>;
		const items: INodeExecutionData[] = [];
		let cursor: string | undefined;
		do {
			const page = await store.listOpens({ ...filters, limit: Math.min(wanted, PAGE), cursor });
			items.push(...page.opens.map((open) => ({ json: open })));
			wanted -= page.opens.length;
			cursor = page.nextCursor ?? undefined;
		} while (cursor && wanted > 0);
		return items;
	},
};
