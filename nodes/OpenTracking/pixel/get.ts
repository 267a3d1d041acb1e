import { toItems } from '../items';
import type { Operation } from '../operation';
import { pixelIdProperty, readPixel } from './pixel-id';

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
