import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { NewRecipient } from '../../../../src/storage/port/tracking-store';
import { isEmailAddress } from '../../../../src/tracking/people/email-address';
import { MOST_AT_ONCE } from '../../../shared/each-item';
import { readJson } from '../../../shared/fields/check-fields';
import { segmentsIn } from '../../../shared/fields/segments';
import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { ERASED, personKeysFor } from '../../common/person';
import { pixelIdProperty, pixelReader } from '../../common/pixel-id';

export const addManyRecipients: OperationOnMany = {
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
				'A list of recipients, each with a recipientId, with an email if the log shall show it, and with segments if lists shall be filtered by them',
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		const pixelOf = pixelReader(context);
		const { keysOf, pseudonymsOf } = await personKeysFor(node);
		return await manyItems(context, {
			fields: addManyRecipients.properties,
			read: async (index): Promise<Addition> => {
				const { id: pixelId } = await pixelOf(index);
				return { pixelId, recipients: readRecipients(node, index) };
			},
			joins: ([first, ...others], { pixelId, recipients }) =>
				first.pixelId === pixelId &&
				countOf([first, ...others]) + recipients.length <= MOST_AT_ONCE,
			run: async (additions) => {
				const all = additions.flatMap(({ recipients }) => recipients);
				const { recipients: added } = await store.addRecipients(additions[0].pixelId, all, keysOf, {
					pseudonymsOf,
				});
				const outcomes = added.map(
					(recipient, position) => recipient ?? leftOut(all[position].recipientId),
				);
				let next = 0;
				return additions.map(({ recipients }) =>
					toItems(outcomes.slice(next, (next += recipients.length))),
				);
			},
		});
	},
};

/** What one item adds. */
interface Addition {
	pixelId: string;
	recipients: NewRecipient[];
}

function countOf(additions: readonly Addition[]): number {
	return additions.reduce((count, { recipients }) => count + recipients.length, 0);
}

function readRecipients(node: IExecuteFunctions, index: number): NewRecipient[] {
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
	return list.map((entry: IDataObject, position) => {
		const recipientId = entry?.recipientId;
		const email = entry?.email ?? null;
		if (typeof recipientId !== 'string' && typeof recipientId !== 'number') {
			throw refuse(
				`Recipient ${position + 1} has no recipientId`,
				'Give every recipient an ID of yours, as text or number',
			);
		}
		if (email !== null && (typeof email !== 'string' || !isEmailAddress(email))) {
			throw refuse(
				`The email of recipient ${position + 1} is not an address`,
				'Correct it, or leave it out',
			);
		}
		const segments = segmentsIn(entry?.segments);
		return { recipientId: String(recipientId), email: email as string | null, segments };
	});
}

function leftOut(recipientId: string) {
	return { recipientId, added: false, because: ERASED };
}
