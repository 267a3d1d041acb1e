import type { OpenStatus, StatusRequest } from '../../../../src/storage/port/tracking-store';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { pixelIdProperty } from '../../common/pixel-id';

export const checkStatus: OperationOnMany = {
	value: 'check',
	name: 'Check',
	action: 'Check whether an email was opened',
	description: 'Say whether the email with this pixel was opened, when, and by whom',
	properties: [
		pixelIdProperty,
		locator('recipient', 'statusRecipientId', {
			description: 'One recipient of the pixel; empty for all together',
		}),
	],
	async executeMany(context) {
		const { node, store } = context;
		return await manyItems(context, {
			fields: checkStatus.properties,
			read: (index): StatusRequest => ({
				pixelId: readText(node, 'pixelId', index),
				recipientId: readText(node, 'statusRecipientId', index) || undefined,
			}),
			run: async (requests) => {
				const statuses = await store.listStatuses(requests);
				return requests.map((request, position) =>
					toItems([answerTo(request, statuses[position])]),
				);
			},
		});
	},
};

function answerTo({ pixelId, recipientId }: StatusRequest, status: OpenStatus | null): object {
	if (status !== null) return { pixelId, found: true, ...status };
	// No error: a tracking link has a pixel ID of its own, unknown until its first load.
	const whose = recipientId === undefined ? '' : ' and this recipient';
	const message = `The store knows no pixel with this ID${whose}, no message registered as sent, and no load. Either nothing was opened yet, or the ID is wrong.`;
	return { pixelId, found: false, opened: false, message };
}
