import type { INodeProperties } from 'n8n-workflow';

import { consentPolicyOptions } from '../shared/consent-policy-options';
import { purposeOptions } from '../shared/purpose-options';
import { trackingModeOptions } from '../shared/tracking-mode-options';

const onPort = { show: { source: ['port'] } };

export const properties: INodeProperties[] = [
	{
		displayName: 'Collect From',
		name: 'source',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Email Open Triggers',
				value: 'webhooks',
				description:
					'The webhooks of Email Open Trigger nodes that respond Immediately, Collect for Batches',
			},
			{
				name: 'Own Port',
				value: 'port',
				description: 'A listener beside n8n, and those webhooks as well',
			},
		],
		default: 'port',
		description: 'Where the loads of the pixel come in',
	},
	{
		displayName: 'Port',
		name: 'port',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 65535 },
		default: 8380,
		required: true,
		displayOptions: onPort,
		description: 'Where the pixel is served, on any path. Put a reverse proxy with TLS in front.',
	},
	{
		displayName: 'Batch Size',
		name: 'batchSize',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 5000 },
		default: 500,
		required: true,
		description: 'The most opens that one execution of the workflow gets',
	},
	{
		displayName: 'Batch Interval (Seconds)',
		name: 'batchInterval',
		type: 'number',
		typeOptions: { minValue: 0.1, maxValue: 3600 },
		default: 5,
		required: true,
		description: 'The longest time an open waits for others to fill its batch',
	},
	{
		displayName: 'Recipient ID Parameter',
		name: 'recipientParameter',
		type: 'string',
		default: 'id',
		required: true,
		displayOptions: onPort,
		description: 'The name of the query parameter that holds the recipient ID',
	},
	{
		displayName: 'Tracking Mode',
		name: 'trackingMode',
		type: 'options',
		options: trackingModeOptions,
		default: 'identified',
		displayOptions: onPort,
		description: 'The most that any open here may leave behind; a link can ask for less',
	},
	{
		displayName: 'Consent',
		name: 'consentPolicy',
		type: 'options',
		options: consentPolicyOptions,
		default: 'objection-honoured',
		displayOptions: onPort,
		description:
			'When an open may be kept. Withdrawals count from the moment they are recorded, also for mails sent before.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: onPort,
		options: [
			{
				displayName: 'Keep Refused as Count',
				name: 'keepAsAggregate',
				type: 'boolean',
				default: false,
				description:
					'Whether an open that consent does not allow is still counted, without a recipient, instead of leaving nothing',
			},
			{
				displayName: 'Listen Address',
				name: 'host',
				type: 'string',
				default: '::',
				description: 'The address to listen on. Use 127.0.0.1 when the proxy runs on this machine.',
			},
			{
				displayName: 'Loads Recorded per Second and Address',
				name: 'floodPerSecond',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 1000,
				description:
					'Further loads from the same address are served but not recorded; 0 sets no limit',
			},
			{
				displayName: 'Log Size Limit (GB)',
				name: 'maxLogGb',
				type: 'number',
				typeOptions: { minValue: 0.01 },
				default: 4,
				description:
					'From this size on, images are served but opens are lost, until store and workflow take opens again',
			},
			{
				displayName: 'Measure View Time',
				name: 'viewTime',
				type: 'boolean',
				default: false,
				description:
					'Whether to hold the answer open after the image, to measure how long somebody looks who consented to the purpose View Time and loads the image directly',
			},
			{
				displayName: 'Proxy Hops',
				name: 'proxyHops',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 32 },
				default: 0,
				description:
					'How many reverse proxies of your own are in front of the port, so that the address of the client is known',
			},
			{
				displayName: 'Purpose',
				name: 'purpose',
				type: 'options',
				options: purposeOptions,
				default: 'performance',
				description:
					'What opens are used for, where the link does not say; consent is asked for it',
			},
			{
				displayName: 'View Time Limit (Seconds)',
				name: 'viewTimeLimit',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 300 },
				default: 60,
				description: 'The longest time an answer is held open when view time is measured',
			},
		],
	},
];
