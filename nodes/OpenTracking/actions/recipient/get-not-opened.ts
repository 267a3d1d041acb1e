import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { NotOpenedRequest } from '../../../../src/storage/port/tracking-store';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { segmentFilterProperty } from '../../../shared/fields/segments';
import { toItems } from '../../common/items';
import type { Operation, OperationContext } from '../../common/operation';
import { pagingProperties, readPages } from '../../common/paging';

const DAY_MS = 86_400_000;

export const getNotOpened = listOfMissing('open', {
	value: 'getNotOpened',
	name: 'Get Not Opened',
	action: 'Get recipients who have not opened',
	description: 'List who was sent a message of a campaign and has no counted open',
	more: [
		{
			displayName: 'Leave Out Hidden Recipients',
			name: 'leaveOutHidden',
			type: 'boolean',
			default: false,
			description:
				'Whether to leave out those whose only loads are a privacy prefetch, as by Apple Mail: whether they read the email cannot be seen',
		},
	],
});

export const getNotClicked = listOfMissing('click', {
	value: 'getNotClicked',
	name: 'Get Not Clicked',
	action: 'Get recipients who opened and have not clicked',
	description: 'List who opened a message of a campaign and followed none of its tracked links',
	more: [],
});

function listOfMissing(
	missing: NonNullable<NotOpenedRequest['missing']>,
	{ more, ...texts }: Omit<Operation, 'properties' | 'execute'> & { more: INodeProperties[] },
): Operation {
	return {
		...texts,
		properties: [
			locator('campaign', 'notOpenedCampaignId', {
				required: true,
				description: 'The campaign as in the tracking links of its emails',
			}),
			{
				displayName: 'Sent at Least (Days Ago)',
				name: 'daysAgo',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 3,
				description: 'Leaves out messages that are younger, since they may still be opened',
			},
			{ ...segmentFilterProperty, name: 'notOpenedSegment' },
			...more,
			...pagingProperties,
		],
		async execute({ node, store, index }) {
			const campaignId = readText(node, 'notOpenedCampaignId', index);
			await assertSent({ node, store, index }, campaignId);
			const days = node.getNodeParameter('daysAgo', index) as number;
			const sentBefore = new Date(Date.now() - days * DAY_MS);
			const segment = readText(node, 'notOpenedSegment', index) || undefined;
			const leaveOutHidden =
				more.length > 0 && (node.getNodeParameter('leaveOutHidden', index) as boolean);
			const recipients = await readPages(node, index, async (request) => {
				const page = await store.listNotOpened({
					...request,
					missing,
					leaveOutHidden,
					campaignId,
					segment,
					sentBefore,
				});
				return { entries: page.recipients, nextCursor: page.nextCursor };
			});
			return toItems(recipients);
		},
	};
}

/** An empty list must not stand for a campaign of which nothing is known to be sent. */
async function assertSent(
	{ node, store, index }: OperationContext,
	campaignId: string,
): Promise<void> {
	const campaign = await store.getCampaign(campaignId);
	if (campaign !== null && campaign.sentRecipients > 0) return;
	throw new NodeOperationError(
		node.getNode(),
		campaign === null
			? 'There is no campaign with this Campaign ID'
			: 'No message of this campaign is registered as sent to a recipient',
		{
			itemIndex: index,
			description:
				'Check the Campaign ID, and register each message of the campaign with Recipient → Register Sent, with its recipient, once it has left. In the tracking modes Aggregate and Hygiene recipients are not noted.',
		},
	);
}
