import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { SentMessage, SentOutcome } from '../../../../src/storage/port/tracking-store';
import type { TrackingMode } from '../../../../src/tracking/event/tracking-mode';
import { readText, textOf } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { segmentsIn, segmentsProperty } from '../../../shared/fields/segments';
import { trackingModeOptions } from '../../../shared/options/tracking-mode-options';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { ERASED, personKeysFor } from '../../common/person';

export const registerSent: OperationOnMany = {
	value: 'registerSent',
	name: 'Register Sent',
	action: 'Register sent message',
	description: 'Count a message as sent: what open rates are measured against',
	properties: [
		locator('pixel', 'sentPixelId', {
			id: '={{ $json.tracking.pixelId }}',
			description:
				'The pixel that the message carries. Do not register a message that went out untracked: whether it was opened, nobody can see.',
		}),
		locator('recipient', 'sentRecipientId', {
			id: '',
			description: 'Who the message went to, as in its tracking link',
		}),
		locator('campaign', 'sentCampaignId', {
			id: '',
			description: 'The campaign of the message, as in its tracking link',
		}),
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
					placeholder: 'e.g. 20261121-0042',
				},
				segmentsProperty,
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
					description:
						'The mode of the link in the message, or of the trigger where the link has none. One that the pixel sets lowers it.',
				},
			],
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		const { keysOf, pseudonymsOf } = await personKeysFor(node);
		return await manyItems(context, {
			fields: registerSent.properties,
			read: (index) => readMessage(node, index),
			run: async (messages) => {
				const { outcomes } = await store.registerSent(messages, keysOf, pseudonymsOf);
				return messages.map((message, position) => {
					const outcome = outcomes[position] ?? 'ignored';
					const registered = outcome === 'recorded';
					const because = registered ? null : whyNot(message.trackingMode, outcome);
					const { pixelId, recipientId, campaignId, messageId, sentAt } = message;
					const named = { pixelId, recipientId, campaignId, messageId };
					return [{ json: { ...named, sentAt: sentAt.toISOString(), registered, because } }];
				});
			},
		});
	},
};

function readMessage(node: IExecuteFunctions, index: number): SentMessage {
	const text = (name: string) => readText(node, name, index) || null;
	const fields = node.getNodeParameter('sentFields', index, {}) as {
		messageId?: string;
		sentAt?: string;
		segments?: unknown;
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
		messageId: textOf(fields.messageId) || null,
	};
	const { pixelId, recipientId, campaignId } = message;
	if (pixelId === null && recipientId === null && campaignId === null) {
		throw new NodeOperationError(
			node.getNode(),
			'There is no ID to register a sent message under',
			{
				itemIndex: index,
				description:
					'Give at least one of Pixel ID, Recipient ID and Campaign ID: opens are compared with sent messages by them',
			},
		);
	}
	const segments = segmentsIn(fields.segments);
	return { ...message, sentAt, trackingMode: fields.trackingMode ?? 'identified', segments };
}

function whyNot(trackingMode: TrackingMode, outcome: SentOutcome): string {
	if (trackingMode === 'off') return 'The tracking mode is Off, so there is nothing to compare';
	if (outcome === 'erased') return ERASED;
	return outcome === 'duplicate'
		? 'The message was registered already'
		: 'The pixel or the recipient was deleted, or the pixel is not tracked, so nothing is kept about them';
}
