import type { INodeProperties } from 'n8n-workflow';

import { trackingModeOptions } from '../shared/tracking-mode-options';
import { PIXEL_PATH } from '../../src/tracking/tracking-link';

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
	{
		displayName: 'Recipient ID Parameter',
		name: 'recipientParameter',
		type: 'string',
		default: 'id',
		required: true,
		description: 'The name of the query parameter that holds the recipient ID',
		hint: 'With the default, …/pixel.png?id=42 is an open by recipient 42',
	},
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
				name: 'Using Respond and Log Open Node',
				value: 'usingRespondNode',
				description: 'The image that the workflow makes goes out',
			},
		],
		default: 'usingRespondNode',
		description: 'When to send the image. It goes out in any case, also when the workflow fails.',
	},
	{
		displayName: 'Tracking Mode',
		name: 'trackingMode',
		type: 'options',
		options: trackingModeOptions,
		default: 'identified',
		description: 'The most that any open here may leave behind; a link can ask for less',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Answer Within (Ms)',
				name: 'deadline',
				type: 'number',
				typeOptions: { minValue: 50, maxValue: 30000 },
				default: 2000,
				description:
					'When the workflow has not answered after this many milliseconds, the default pixel goes out',
			},
			{
				displayName: 'Keep From Request',
				name: 'keep',
				type: 'multiOptions',
				options: [
					{ name: 'Accepted Languages', value: 'acceptLanguage' },
					{ name: 'IP Address', value: 'ip' },
					{ name: 'Referring Page', value: 'referer' },
					{ name: 'User Agent', value: 'userAgent' },
				],
				default: [],
				description:
					'What else to keep of each request, in tracking mode Full only. All four are personal data: keep none without a reason and a consent that covers it.',
			},
		],
	},
];
