import { NodeOperationError } from 'n8n-workflow';

import { toItems } from '../items';
import type { Operation } from '../operation';
import { pixelIdProperty } from './pixel-id';

export const getPixel: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get pixel',
	description: 'Read one pixel with its counters',
	properties: [pixelIdProperty],
	async execute({ node, store, index }) {
		const pixel = await store.getPixel(node.getNodeParameter('pixelId', index) as string);
		if (!pixel) {
			throw new NodeOperationError(node.getNode(), 'There is no pixel with this Pixel ID', {
				itemIndex: index,
				description: 'List the pixels there are with Pixel → Get Many',
			});
		}
		return toItems([pixel]);
	},
};
