import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pagingProperties, readPages } from '../../common/paging';
import { pixelIdProperty, readPixel } from '../../common/pixel-id';

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
