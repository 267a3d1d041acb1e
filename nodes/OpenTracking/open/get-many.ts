import type { OpenFilter } from '../../../src/storage/tracking-store';
import { toItems } from '../items';
import type { Operation } from '../operation';
import { pagingProperties, readPages } from '../paging';
import { openFilterProperty, readOpenFilter } from './filter';

export const getManyOpens: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many opens',
	description: 'List recorded opens, newest first',
	properties: [...pagingProperties, openFilterProperty],
	async execute({ node, store, index }) {
		const filter: OpenFilter = readOpenFilter(node, index);
		const opens = await readPages(node, index, async (request) => {
			const page = await store.listOpens({ ...filter, ...request });
			return { entries: page.opens, nextCursor: page.nextCursor };
		});
		return toItems(opens);
	},
};
