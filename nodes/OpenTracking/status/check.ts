import { toItems } from '../items';
import type { Operation } from '../operation';
import { pixelIdProperty } from '../pixel/pixel-id';

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
		const pixelId = node.getNodeParameter('pixelId', index) as string;
		const recipientId = (node.getNodeParameter('statusRecipientId', index) as string) || undefined;
		const status = await store.getStatus({ pixelId, recipientId });
		return status
			? toItems([{ pixelId, ...status }])
			: [{ json: { pixelId, opened: false, message: 'Pixel not found' } }];
	},
};
