import type { INodeProperties } from 'n8n-workflow';

import { startForFields } from '../shared/fields/start-for';
import { receiveFields, receiveOptions } from '../shared/fields/receive-properties';

const onPort = { show: { source: ['port'] } };
const optionOnPort = { show: { '/source': ['port'] } };
const fromStore = { show: { source: ['store'] } };
const optionFromStore = { show: { '/source': ['store'] } };
const optionOfLog = { show: { '/source': ['webhooks', 'port'] } };

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
					'The webhooks of Email Open Trigger nodes that respond Immediately, Process in Batches',
			},
			{
				name: 'Own Port',
				value: 'port',
				description: 'A listener beside n8n, and those webhooks as well',
			},
			{
				name: 'Store',
				value: 'store',
				description:
					'All opens that any webhook, collector, or import records in the store, on any machine; also in queue mode',
			},
		],
		default: 'port',
		description: 'Where the opens come from',
		hint: 'One that collects can be published in each n8n, because one at a time writes its log. Any number can read the store.',
	},
	{
		displayName:
			'Opens in the tracking modes Aggregate and Hygiene leave numbers in the store, no single opens, so this workflow does not get them.',
		name: 'storeModes',
		type: 'notice',
		default: '',
		displayOptions: fromStore,
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
	...startForFields({ trackingModeShow: onPort.show, records: false }),
	{ ...receiveFields.recipientParameter, displayOptions: onPort },
	{ ...receiveFields.trackingMode, displayOptions: onPort },
	{ ...receiveFields.consentPolicy, displayOptions: onPort },
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{ ...receiveOptions.keepAsAggregate, displayOptions: optionOnPort },
			{
				displayName: 'Image Held at Most (Seconds)',
				name: 'imageHoldLimit',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 300 },
				default: 60,
				displayOptions: optionOnPort,
				description: 'The longest time an answer is held open to measure for how long',
			},
			{ ...receiveOptions.ip, displayOptions: optionOnPort },
			{ ...receiveOptions.keep, displayOptions: optionOnPort },
			{ ...receiveOptions.manyDomains, displayOptions: optionOnPort },
			{
				displayName: 'Include Opens Stored Before',
				name: 'includeStored',
				type: 'boolean',
				default: false,
				displayOptions: optionFromStore,
				description:
					'Whether a new trigger begins with the oldest open in the store, not with what is stored once it is published. Afterwards it goes on where it stood, whichever this is.',
			},
			{
				displayName: 'Listen Address',
				name: 'host',
				type: 'string',
				default: '',
				placeholder: 'e.g. 127.0.0.1',
				displayOptions: optionOnPort,
				description:
					'The address to listen on. Empty for all of this machine, or for 127.0.0.1 alone when Proxy Hops is set: who reached the port past the proxy could name any address as their own.',
			},
			{
				displayName: 'Log Size Limit (GB)',
				name: 'maxLogGb',
				type: 'number',
				typeOptions: { minValue: 0.01 },
				default: 4,
				displayOptions: optionOfLog,
				description:
					'From this size on, images are served but opens are lost, until store and workflow take opens again. Counts for Email Open Triggers that collect, too.',
			},
			{
				displayName: 'Max Opens per Second per IP',
				name: 'floodPerSecond',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 1000,
				displayOptions: optionOnPort,
				description:
					'Further loads from the same address are served but not recorded; 0 sets no limit',
			},
			{
				displayName: 'Measure How Long Image Is Held',
				name: 'imageHold',
				type: 'boolean',
				default: false,
				displayOptions: optionOnPort,
				description:
					'Whether to hold the answer open after the image, to measure for how long a client keeps it that loads the image directly, of somebody who consented to the purpose Image Held',
			},
			{
				displayName: 'Proxy Hops',
				name: 'proxyHops',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 32 },
				default: 0,
				displayOptions: optionOnPort,
				description:
					'How many reverse proxies of your own are in front of the port, so that the address of the client is known',
			},
			{ ...receiveOptions.purpose, displayOptions: optionOnPort },
			{ ...receiveOptions.signedOnly, displayOptions: optionOnPort },
			{ ...receiveOptions.time, displayOptions: optionOnPort },
			{
				displayName: 'Track Clicks',
				name: 'trackClicks',
				type: 'boolean',
				default: false,
				displayOptions: optionOnPort,
				description:
					'Whether tracked links are followed and recorded as well, on any path that ends in /link. Leave it on as long as sent emails hold such links: without it they lead nowhere.',
			},
		],
	},
];
