import type { INodeProperties } from 'n8n-workflow';

import { LINK_PATH } from '../../src/tracking/links/tracked-link';
import { PIXEL_PATH } from '../../src/tracking/links/tracking-link';
import { startForFields } from '../shared/fields/start-for';
import { receiveFields, receiveOptions } from '../shared/fields/receive-properties';

export const properties: INodeProperties[] = [
	{
		displayName: 'Path',
		name: 'path',
		type: 'string',
		default: PIXEL_PATH,
		required: true,
		description:
			'The end of the pixel URL, after the base URL. Tracking links are made for the default; one active workflow can use it at a time.',
	},
	receiveFields.recipientParameter,
	{
		displayName: 'Respond',
		name: 'respond',
		type: 'options',
		options: [
			{
				name: 'Immediately',
				value: 'immediately',
				description: 'The image goes out first, then the workflow starts',
			},
			{
				name: 'Immediately, Process in Batches',
				value: 'collect',
				description:
					'Starts no execution per open: a workflow with the Open Collector Trigger stores the opens and gets them in batches',
			},
			{
				name: 'Using Respond and Log Open Node',
				value: 'usingRespondNode',
				description:
					'The image that the workflow makes goes out, so every load starts it; many at once start it together',
			},
		],
		default: 'usingRespondNode',
		description: 'When to send the image. It goes out in any case, also when the workflow fails.',
	},
	...startForFields({ show: { respond: ['immediately'] } }),
	{
		displayName: 'Track Clicks',
		name: 'trackClicks',
		type: 'boolean',
		default: false,
		description:
			'Whether links that Tracking Pixel rewrote are followed and recorded here. Leave it on as long as sent emails hold such links: without it they lead nowhere.',
	},
	{
		displayName: 'Link Path',
		name: 'linkPath',
		type: 'string',
		default: LINK_PATH,
		required: true,
		displayOptions: { show: { trackClicks: [true] } },
		description:
			'The end of the URL of tracked links, after the base URL. Tracked links are made for the default.',
	},
	receiveFields.trackingMode,
	receiveFields.consentPolicy,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			receiveOptions.keepAsAggregate,
			receiveOptions.ip,
			receiveOptions.keep,
			receiveOptions.purpose,
			{
				displayName: 'Response Timeout (Ms)',
				name: 'deadline',
				type: 'number',
				typeOptions: { minValue: 50, maxValue: 30000 },
				default: 2000,
				description:
					'When the workflow has not answered after this many milliseconds, the default pixel goes out',
			},
			receiveOptions.signedOnly,
			receiveOptions.manyDomains,
			receiveOptions.time,
		],
	},
];
