import { ESP_PROVIDERS } from '../../../../src/tracking/esp/parse-esp-payload';
import { consentPolicyOptions } from '../../../shared/options/consent-policy-options';
import { purposeOptions } from '../../../shared/options/purpose-options';
import { trackingModeOptions } from '../../../shared/options/tracking-mode-options';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';
import { importItems, readItem } from './import-items';

export const importOpens: OperationOnMany = {
	value: 'import',
	name: 'Import',
	action: 'Import opens',
	description:
		'Take opens and clicks that an email service reports by webhook; gives out those that are new, and what else it reports of an email',
	properties: [
		{
			displayName: 'Email Service',
			name: 'provider',
			type: 'options',
			noDataExpression: true,
			options: ESP_PROVIDERS.map(({ displayName, value }) => ({ name: displayName, value })).sort(
				(a, b) => a.name.localeCompare(b.name),
			),
			default: 'sendgrid',
			description: 'Whose webhook the payload comes from',
		},
		{
			displayName: 'Payload Field',
			name: 'payloadField',
			type: 'string',
			default: 'body',
			description:
				'Where in the item the payload is: "body" behind the Webhook node. Empty when the item is the payload.',
		},
		{
			displayName: 'Recipient ID',
			name: 'importRecipient',
			type: 'options',
			options: [
				{
					name: 'Email Address',
					value: 'address',
					description: 'The address that the service names',
				},
				{
					name: 'None',
					value: 'none',
					description: 'Opens are counted, and belong to nobody',
				},
				{
					name: 'Custom Value',
					value: 'metadata',
					description: 'A value that you gave the service with the message',
				},
			],
			default: 'address',
			description: 'What becomes the recipient ID of an open',
		},
		{
			displayName: 'Name of the Value',
			name: 'importRecipientKey',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. customerId',
			displayOptions: { show: { importRecipient: ['metadata'] } },
			description: 'Under which name you gave it: a unique argument, metadata, a variable or a tag',
		},
		{
			displayName: 'Tracking Mode',
			name: 'importTrackingMode',
			type: 'options',
			options: trackingModeOptions,
			default: 'identified',
			description: 'The most that an imported open may leave behind',
		},
		{
			displayName: 'Consent',
			name: 'importConsentPolicy',
			type: 'options',
			options: consentPolicyOptions,
			default: 'objection-honoured',
			description: 'When an imported open may be kept',
		},
		{
			displayName: 'Options',
			name: 'importOptions',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Accept Unsigned Events',
					name: 'acceptUnsigned',
					type: 'boolean',
					default: false,
					description:
						'Whether to take events without a check of who sent them. Anybody who knows the address of the webhook can then report opens. Needed for exports and for events that you fetch yourself.',
				},
				{
					displayName: 'Count Initial Opens',
					name: 'initialOpens',
					type: 'boolean',
					default: false,
					displayOptions: { show: { '/provider': ['sparkpost'] } },
					description:
						'Whether the pixel at the top of an email counts as well as the one at its end. Where SparkPost reports both, one reading then is two opens; unique opens stay right.',
				},
				{
					displayName: 'Count Refused Opens Anonymously',
					name: 'keepAsAggregate',
					type: 'boolean',
					default: false,
					description:
						'Whether an open that consent does not allow is still counted, without a recipient',
				},
				{
					displayName: 'Hand On Too',
					name: 'handOn',
					type: 'multiOptions',
					options: [
						{ name: 'Bounces', value: 'bounce' },
						{ name: 'Complaints', value: 'complaint' },
					],
					default: ['bounce', 'complaint'],
					description:
						'What else comes out of this node, as items whose "event" says what they are. It is not stored.',
				},
				{
					displayName: 'Keep Requester',
					name: 'keepRequest',
					type: 'boolean',
					default: false,
					description:
						'Whether to keep the address and user agent that the service reports, in tracking mode Full only',
				},
				{
					displayName: 'Purpose',
					name: 'purpose',
					type: 'options',
					options: purposeOptions,
					default: 'performance',
					description: 'What the opens may be used for; consent is asked for this',
				},
				{
					displayName: 'Track Clicks',
					name: 'trackClicks',
					type: 'boolean',
					default: false,
					description:
						'Whether clicks that the service reports are stored as well. Consent to them is asked for apart from opens, for the purpose clicks.',
				},
			],
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		return await manyItems(context, {
			fields: importOpens.properties,
			read: (index) => readItem(node, index),
			run: async (items) => await importItems(node, store, items),
		});
	},
};
