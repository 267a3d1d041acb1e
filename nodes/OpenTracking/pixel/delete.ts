import type { Operation } from '../operation';
import { pixelIdProperty } from './pixel-id';

export const deletePixel: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete pixel',
	description: 'Remove a pixel with its image, recipients, opens and counters',
	properties: [pixelIdProperty],
	async execute({ node, store, index }) {
		const deleted = await store.deletePixel(node.getNodeParameter('pixelId', index) as string);
		return [{ json: { deleted } }];
	},
};
