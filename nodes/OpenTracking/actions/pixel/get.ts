import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pixelIdProperty, readPixel } from '../../common/pixel-id';

export const getPixel: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get pixel',
	description: 'Read one pixel with its counters',
	properties: [pixelIdProperty],
	async execute(context) {
		return toItems([await readPixel(context)]);
	},
};
