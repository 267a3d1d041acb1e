import { NodeOperationError } from 'n8n-workflow';

import { readText } from '../../../shared/fields/check-fields';
import type { Operation } from '../../common/operation';

export const giveUpKey: Operation = {
	value: 'giveUpKey',
	name: 'Give Up Lost Key',
	action: 'Give up a lost signing key',
	description:
		'Go on without a signing key that no backup holds: people erased under it are no longer recognized, and its links count as forged',
	properties: [
		{
			displayName: 'Key ID',
			name: 'keyId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 4f1662',
			description: 'The ID that the error names, not the key itself',
		},
	],
	async execute({ node, store, index }) {
		const keyId = readText(node, 'keyId', index);
		if (!(await store.giveUpKey(keyId))) {
			throw new NodeOperationError(node.getNode(), 'The store knows no key of this ID', {
				itemIndex: index,
				description: 'Take the ID from the error that says which key is missing.',
			});
		}
		return [{ json: { keyId, givenUp: true } }];
	},
};
