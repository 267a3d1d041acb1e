import { NodeOperationError } from 'n8n-workflow';

import { toItems } from '../items';
import type { Operation } from '../operation';
import { pagingProperties, readPages } from '../paging';

const DAY_MS = 86_400_000;

export const getNotOpened: Operation = {
	value: 'getNotOpened',
	name: 'Get Not Opened',
	action: 'Get recipients who have not opened',
	description: 'List who was sent a message of a campaign and has no counted open',
	properties: [
		{
			displayName: 'Campaign ID',
			name: 'notOpenedCampaignId',
			type: 'string',
			default: '',
			required: true,
		},
		{
			displayName: 'Sent at Least (Days Ago)',
			name: 'daysAgo',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 3,
			description: 'Leaves out messages that are younger, since they may still be opened',
		},
		...pagingProperties,
	],
	async execute({ node, store, index }) {
		const campaignId = node.getNodeParameter('notOpenedCampaignId', index) as string;
		if (!campaignId) {
			throw new NodeOperationError(node.getNode(), 'Campaign ID is empty', {
				itemIndex: index,
				description: 'Name the campaign as in the tracking links of its mails',
			});
		}
		const days = node.getNodeParameter('daysAgo', index) as number;
		const sentBefore = new Date(Date.now() - days * DAY_MS);
		const recipients = await readPages(node, index, async (request) => {
			const page = await store.listNotOpened({ ...request, campaignId, sentBefore });
			return { entries: page.recipients, nextCursor: page.nextCursor };
		});
		return toItems(recipients);
	},
};
