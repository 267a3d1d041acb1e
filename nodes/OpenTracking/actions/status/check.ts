import type { OpenStatus, StatusRequest } from '../../../../src/storage/port/tracking-store';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { pixelIdProperty } from '../../common/pixel-id';
import { readSimplify, simplifyProperty } from '../../../shared/fields/simplify';

export const checkStatus: OperationOnMany = {
	value: 'check',
	name: 'Check',
	action: 'Check whether an email was opened',
	description:
		'Say whether the email with this pixel was opened, when and by whom, and whether a link in it was followed',
	properties: [
		pixelIdProperty,
		locator('recipient', 'statusRecipientId', {
			description: 'One recipient of the pixel; empty for all together',
		}),
		simplifyProperty,
	],
	async executeMany(context) {
		const { node, store } = context;
		return await manyItems(context, {
			fields: checkStatus.properties,
			read: (index) => ({
				pixelId: readText(node, 'pixelId', index),
				recipientId: readText(node, 'statusRecipientId', index) || undefined,
				simple: readSimplify(node, index),
			}),
			run: async (asked) => {
				const requests = asked.map(({ pixelId, recipientId }) => ({ pixelId, recipientId }));
				const statuses = await store.listStatuses(requests);
				return asked.map((request, position) => toItems([answerTo(request, statuses[position])]));
			},
		});
	},
};

function answerTo(
	{ pixelId, recipientId, simple }: StatusRequest & { simple: boolean },
	status: OpenStatus | null,
): object {
	if (status !== null) {
		const { opened, opens, machineOpens, clicks, sent, firstOpenAt, lastOpenAt } = status;
		const { lastOpenDay } = status;
		const counts = { opened, opens, machineOpens, clicks, sent };
		const times = { firstOpenAt, lastOpenAt, lastOpenDay };
		return { pixelId, found: true, ...(simple ? { ...counts, ...times } : status) };
	}
	// No error: a tracking link has a pixel ID of its own, unknown until its first load.
	const whose = recipientId === undefined ? '' : ' and this recipient';
	const message = `The store knows no pixel with this ID${whose}, no message registered as sent, and no load. Either nothing was opened yet, or the ID is wrong.`;
	return { pixelId, found: false, opened: false, message };
}
