import type { OpenFilter } from '../../../../src/storage/port/tracking-store';
import { simpleOpen } from '../../../../src/tracking/event/simple-open';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pagingProperties, readPages } from '../../common/paging';
import { readSimplify, simplifyProperty } from '../../../shared/fields/simplify';
import { openFilterProperty, readOpenFilter } from './filter';

export const getManyOpens: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many opens',
	description: 'List recorded opens, newest first',
	properties: [...pagingProperties, simplifyProperty, openFilterProperty],
	async execute({ node, store, index }) {
		const filter: OpenFilter = readOpenFilter(node, index);
		const opens = await readPages(node, index, async (request) => {
			const page = await store.listOpens({ ...filter, ...request });
			return { entries: page.opens, nextCursor: page.nextCursor };
		});
		return toItems(readSimplify(node, index) ? opens.map(simpleOpen) : opens);
	},
};
