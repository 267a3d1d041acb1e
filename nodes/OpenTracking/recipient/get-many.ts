import { toItems } from '../items';
import type { Operation } from '../operation';
import { pagingProperties, readPages } from '../paging';
import { pixelIdProperty, readPixel } from '../pixel/pixel-id';

export const getManyRecipients: Operation = {
	value: 'getMany',
	name: 'Get Many',
	action: 'Get many recipients',
	description: 'List the recipients of a pixel with their opens',
	properties: [pixelIdProperty, ...pagingProperties],
	async execute(context) {
		const { node, store, index } = context;
		const { id: pixelId } = await readPixel(context);
		const recipients = await readPages(node, index, async (request) => {
			const page = await store.listRecipients({ ...request, pixelId });
			return { entries: page.recipients, nextCursor: page.nextCursor };
		});
		return toItems(recipients);
	},
};
