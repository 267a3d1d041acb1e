import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pagingProperties, readPages } from '../../common/paging';

export const getManyPixels: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many pixels',
	description: 'List pixels with their counters, newest first',
	properties: [
		...pagingProperties,
		locator('campaign', 'campaignFilter', {
			description: 'Only pixels of this campaign; empty for all',
		}),
	],
	async execute({ node, store, index }) {
		const campaignId = readText(node, 'campaignFilter', index) || undefined;
		const pixels = await readPages(node, index, async (request) => {
			const page = await store.listPixels({ ...request, campaignId });
			return { entries: page.pixels, nextCursor: page.nextCursor };
		});
		return toItems(pixels);
	},
};
