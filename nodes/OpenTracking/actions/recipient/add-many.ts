import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import isEmail from 'validator/lib/isEmail';

import { readJson } from '../../../shared/fields/check-fields';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { denylistKeysFor, ERASED } from '../../common/person';
import { pixelIdProperty, readPixel } from '../../common/pixel-id';

export const addManyRecipients: Operation = {
	value: 'addMany',
	name: 'Add Many',
	action: 'Add many recipients',
	description: 'Add recipients to a pixel, each once',
	properties: [
		pixelIdProperty,
		{
			displayName: 'Recipients',
			name: 'recipients',
			type: 'json',
			default: '[\n  { "recipientId": "42", "email": "name@example.com" }\n]',
			required: true,
			description:
				'A list of recipients, each with a recipientId, and with an email if the log shall show it',
		},
	],
	async execute(context): Promise<INodeExecutionData[]> {
		const { node, store, index } = context;
		const { id: pixelId } = await readPixel(context);
		const refuse = (message: string, description: string) =>
			new NodeOperationError(node.getNode(), message, { itemIndex: index, description });
		const list = readJson(node, 'recipients', index);
		if (!Array.isArray(list)) {
			throw refuse('Recipients is not a list', 'Write a list, such as [{ "recipientId": "42" }]');
		}
		if (list.length === 0) {
			throw refuse(
				'Recipients is an empty list',
				'Give at least one recipient, such as [{ "recipientId": "42" }]',
			);
		}
		const recipients = list.map((entry: IDataObject, position) => {
			const recipientId = entry?.recipientId;
			const email = entry?.email ?? null;
			if (typeof recipientId !== 'string' && typeof recipientId !== 'number') {
				throw refuse(
					`Recipient ${position + 1} has no recipientId`,
					'Give every recipient an ID of yours, as text or number',
				);
			}
			if (email !== null && (typeof email !== 'string' || !isEmail(email))) {
				throw refuse(
					`The email of recipient ${position + 1} is not an address`,
					'Correct it, or leave it out',
				);
			}
			return { recipientId: String(recipientId), email: email as string | null };
		});
		const keysOf = await denylistKeysFor(node);
		const { recipients: added } = await store.addRecipients(pixelId, recipients, keysOf);
		return toItems(
			added.map((recipient, position) => recipient ?? leftOut(recipients[position].recipientId)),
		);
	},
};

function leftOut(recipientId: string) {
	return { recipientId, added: false, because: ERASED };
}
