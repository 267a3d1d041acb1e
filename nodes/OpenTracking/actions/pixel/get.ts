import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { pixelIdProperty, pixelReader } from '../../common/pixel-id';

export const getPixel: OperationOnMany = {
	value: 'get',
	name: 'Get',
	action: 'Get pixel',
	description: 'Read one pixel with its counters',
	properties: [pixelIdProperty],
	async executeMany(context) {
		return await manyItems(context, {
			fields: getPixel.properties,
			read: pixelReader(context),
			run: async (pixels) => pixels.map((pixel) => toItems([pixel])),
		});
	},
};
