import { readText } from '../../../shared/fields/check-fields';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pixelIdProperty } from '../../common/pixel-id';

export const checkStatus: Operation = {
	value: 'check',
	name: 'Check',
	action: 'Check whether a mail was opened',
	description: 'Say whether the mail with this pixel was opened, when, and by whom',
	properties: [
		pixelIdProperty,
		{
			displayName: 'Recipient ID',
			name: 'statusRecipientId',
			type: 'string',
			default: '',
			description: 'One recipient of the pixel; empty for all together',
		},
	],
	async execute({ node, store, index }) {
		const pixelId = readText(node, 'pixelId', index);
		const recipientId = readText(node, 'statusRecipientId', index) || undefined;
		const status = await store.getStatus({ pixelId, recipientId });
		if (status !== null) return toItems([{ pixelId, found: true, ...status }]);
		// No error: a tracking link has a pixel ID of its own, unknown until its first load.
		const whose = recipientId === undefined ? '' : ' and this recipient';
		const message = `The store knows no pixel with this ID${whose}, no message registered as sent, and no load. Either nothing was opened yet, or the ID is wrong.`;
		return [{ json: { pixelId, found: false, opened: false, message } }];
	},
};
