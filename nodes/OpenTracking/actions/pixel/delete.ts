import { readText } from '../../../shared/fields/check-fields';
import type { Operation } from '../../common/operation';
import { noSuchPixel, pixelIdProperty } from '../../common/pixel-id';

export const deletePixel: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete pixel',
	description: 'Remove a pixel with its image, recipients, opens and counters',
	properties: [pixelIdProperty],
	async execute({ node, store, index }) {
		const deleted = await store.deletePixel(readText(node, 'pixelId', index));
		if (!deleted) throw noSuchPixel({ node, index });
		return [{ json: { deleted } }];
	},
};
