import { NodeOperationError } from 'n8n-workflow';

import type { TrackingMode } from '../../../src/tracking/tracking-mode';
import { trackingModeOptions } from '../../shared/tracking-mode-options';
import type { Operation } from '../operation';

export const registerSent: Operation = {
	value: 'registerSent',
	name: 'Register Sent',
	action: 'Register sent message',
	description: 'Count a message as sent: what open rates are measured against',
	properties: [
		{
			displayName: 'Pixel ID',
			name: 'sentPixelId',
			type: 'string',
			default: '={{ $json.tracking.pixelId }}',
			description:
				'The pixel that the message carries. Do not register a message that went out untracked: whether it was opened, nobody can see.',
		},
		{
			displayName: 'Recipient ID',
			name: 'sentRecipientId',
			type: 'string',
			default: '',
			description: 'Who the message went to, as in its tracking link',
		},
		{
			displayName: 'Campaign ID',
			name: 'sentCampaignId',
			type: 'string',
			default: '',
		},
		{
			displayName: 'Additional Fields',
			name: 'sentFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
			options: [
				{
					displayName: 'Message ID',
					name: 'messageId',
					type: 'string',
					default: '',
				},
				{
					displayName: 'Sent At',
					name: 'sentAt',
					type: 'dateTime',
					default: '',
					description: 'When the message left; now, when empty',
				},
				{
					displayName: 'Tracking Mode',
					name: 'trackingMode',
					type: 'options',
					options: trackingModeOptions,
					default: 'identified',
					description: 'The mode of the link in the message',
				},
			],
		},
	],
	async execute({ node, store, index }) {
		const text = (name: string) => (node.getNodeParameter(name, index) as string) || null;
		const fields = node.getNodeParameter('sentFields', index, {}) as {
			messageId?: string;
			sentAt?: string;
			trackingMode?: TrackingMode;
		};
		const sentAt = fields.sentAt ? new Date(fields.sentAt) : new Date();
		if (Number.isNaN(sentAt.getTime())) {
			throw new NodeOperationError(node.getNode(), 'Sent At is not a date', {
				itemIndex: index,
				description: 'Write it as ISO 8601, such as 2026-11-21T10:00:00Z',
			});
		}
		const message = {
			pixelId: text('sentPixelId'),
			recipientId: text('sentRecipientId'),
			campaignId: text('sentCampaignId'),
			messageId: fields.messageId || null,
		};
		const { recorded } = await store.registerSent([
			{ ...message, sentAt, trackingMode: fields.trackingMode ?? 'identified' },
		]);
		return [{ json: { ...message, sentAt: sentAt.toISOString(), registered: recorded === 1 } }];
	},
};
