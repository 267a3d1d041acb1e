import { toItems } from '../items';
import type { Operation } from '../operation';
import { pagingProperties, readPages } from '../paging';
import { pixelIdProperty } from '../pixel/pixel-id';

export const getManyRecipients: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many recipients',
	description: 'List the recipients of a pixel with their opens',
	properties: [pixelIdProperty, ...pagingProperties],
	async execute({ node, store, index }) {
		const pixelId = node.getNodeParameter('pixelId', index) as string;
		const recipients = await readPages(node, index, async (request) => {
			const page = await store.listRecipients({ ...request, pixelId });
			return { entries: page.recipients, nextCursor: page.nextCursor };
		});
		return toItems(recipients);
	},
};
