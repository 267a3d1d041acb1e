import type { Operation } from '../operation';

export const deleteRecipient: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete recipient',
	description: 'Remove a recipient and the address; the log stays, without saying who it was',
	properties: [
		{
			displayName: 'ID',
			name: 'recipientRowId',
			type: 'string',
			default: '',
			required: true,
			description: 'The field "ID" of the recipient, as Get Many gives it out',
		},
	],
	async execute({ node, store, index }) {
		const id = node.getNodeParameter('recipientRowId', index) as string;
		return [{ json: { deleted: await store.deleteRecipient(id) } }];
	},
};
