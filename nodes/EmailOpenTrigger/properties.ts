import type { INodeProperties } from 'n8n-workflow';

import { consentPolicyOptions } from '../shared/consent-policy-options';
import { purposeOptions } from '../shared/purpose-options';
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
				name: 'Immediately, Collect for Batches',
				value: 'collect',
				description:
					'Starts no execution per open: a workflow with the Open Collector Trigger stores the opens and gets them in batches',
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
		displayName: 'Consent',
		name: 'consentPolicy',
		type: 'options',
		options: consentPolicyOptions,
		default: 'objection-honoured',
		description:
			'When an open may be kept. Withdrawals count from the moment they are recorded, also for mails sent before.',
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
				displayName: 'IP Address',
				name: 'ip',
				type: 'options',
				options: [
					{
						name: 'Daily Hash',
						value: 'hash',
						description: 'Tells whether it was the same address on the same day, and nothing more',
					},
					{ name: 'Drop', value: 'drop', description: 'Nothing of it is kept' },
					{
						name: 'Network Only',
						value: 'truncate',
						description: 'Without the last 8 bits, or the last 80 of IPv6',
					},
					{ name: 'Whole', value: 'keep', description: 'The address as it is' },
				],
				default: 'drop',
				description: 'What to keep of the address, in tracking mode Full only',
			},
			{
				displayName: 'Keep From Request',
				name: 'keep',
				type: 'multiOptions',
				options: [
					{ name: 'Accepted Languages', value: 'acceptLanguage' },
					{ name: 'Referring Page', value: 'referer' },
					{ name: 'User Agent', value: 'userAgent' },
				],
				default: [],
				description:
					'What else to keep of each request, in tracking mode Full only. All three are personal data: keep none without a reason and a consent that covers it.',
			},
			{
				displayName: 'Keep Refused as Count',
				name: 'keepAsAggregate',
				type: 'boolean',
				default: false,
				description:
					'Whether an open that consent does not allow is still counted, without a recipient, instead of leaving nothing',
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
				displayName: 'Time',
				name: 'time',
				type: 'options',
				options: [
					{ name: 'Day', value: 'day' },
					{ name: 'Exact', value: 'exact' },
					{ name: 'Hour', value: 'hour' },
				],
				default: 'exact',
				description: 'How exactly the time of an open is kept',
			},
		],
	},
];
