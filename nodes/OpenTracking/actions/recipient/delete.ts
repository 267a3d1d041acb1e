import { NodeOperationError } from 'n8n-workflow';

import { readText } from '../../../shared/fields/check-fields';
import type { Operation } from '../../common/operation';
import { personKeysFor } from '../../common/person';

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
			placeholder: 'e.g. 0193495c-7a00-7000-8000-000000000001',
			description: 'The field "ID" of the recipient, as Get Many gives it out',
		},
	],
	async execute({ node, store, index }) {
		const { keysOf, pseudonymsOf } = await personKeysFor(node);
		const id = readText(node, 'recipientRowId', index);
		const deleted = await store.deleteRecipient(id, keysOf, pseudonymsOf);
		if (!deleted) {
			throw new NodeOperationError(node.getNode(), 'There is no recipient with this ID', {
				itemIndex: index,
				description:
					'Take the field "id" of Recipient → Get Many, which is not the recipient ID. A recipient that was deleted is not among them.',
			});
		}
		return [{ json: { deleted } }];
	},
};
