import type { INodeProperties } from 'n8n-workflow';

import { LINK_PATH } from '../../src/tracking/links/tracked-link';
import { PRIVACY_PATH } from '../../src/tracking/links/person-link';
import { PIXEL_PATH } from '../../src/tracking/links/tracking-link';
import { PIXEL_PNG_BASE64 } from '../../src/tracking/receive/pixel-image';
import { consentPolicyOptions } from '../shared/options/consent-policy-options';
import { locator } from '../shared/fields/locators';
import { purposeOptions } from '../shared/options/purpose-options';
import { segmentsProperty } from '../shared/fields/segments';
import { trackingModeOptions } from '../shared/options/tracking-mode-options';

const forOperation = (...operation: string[]) => ({ show: { operation } });

export const properties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Create Image',
				value: 'createImage',
				action: 'Create image',
				description: 'Turn Base64 into the image that a tracked email loads',
			},
			{
				name: 'Create Tracking Link',
				value: 'createLink',
				action: 'Create tracking link',
				description: 'Make the pixel URL of one email to one recipient, and its embed code',
			},
			{
				name: 'Create Unsubscribe Headers',
				value: 'unsubscribeHeaders',
				action: 'Create unsubscribe headers',
				description:
					'Make the two headers of an email by which its recipient unsubscribes with one click',
			},
			{
				name: 'Embed in HTML',
				value: 'embed',
				action: 'Embed in HTML',
				description: 'Put the pixel into the HTML of an email',
			},
			{
				name: 'Track Links in HTML',
				value: 'trackLinks',
				action: 'Track links in HTML',
				description: 'Put tracked links in place of the web links of an email to one recipient',
			},
		],
		default: 'createLink',
	},

	{
		displayName: 'Image as Base64',
		name: 'imageBase64',
		type: 'string',
		typeOptions: { rows: 3 },
		default: PIXEL_PNG_BASE64,
		required: true,
		displayOptions: forOperation('createImage'),
		description:
			'A PNG file of at most 64 KB as Base64 text. The default is one fully transparent dot of 67 bytes.',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'outputField',
		type: 'string',
		default: 'data',
		required: true,
		displayOptions: forOperation('createImage'),
		hint: 'The name of the output binary field to put the image in',
	},

	{
		displayName: 'Tracker',
		name: 'trackedBy',
		type: 'options',
		options: [
			{
				name: 'Hosted Tracker',
				value: 'hosted',
				description: 'A tracker elsewhere that speaks the Pixel Tracking API',
			},
			{
				name: 'Email Open Trigger',
				value: 'signed',
				description: 'A signed link to the pixel of this n8n',
			},
		],
		default: 'signed',
		displayOptions: forOperation('createLink'),
		description: 'Who serves the pixel and counts its opens',
	},
	locator('recipient', 'recipientId', {
		id: '',
		required: true,
		displayOptions: { show: { operation: ['createLink'], trackedBy: ['signed'] } },
		description:
			'Who the email goes to. It is encrypted in the link; an ID is still better than an address.',
	}),
	locator('campaign', 'campaignId', {
		id: '',
		displayOptions: { show: { operation: ['createLink'], trackedBy: ['signed'] } },
		description: 'Groups opens in reports',
	}),
	{
		displayName: 'Put Result in Field',
		name: 'linkField',
		type: 'string',
		default: 'tracking',
		required: true,
		displayOptions: forOperation('createLink'),
		hint: 'The output field for URL, embed code and pixel ID',
	},
	{
		displayName: 'Options',
		name: 'linkOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: { show: { operation: ['createLink'], trackedBy: ['signed'] } },
		options: [
			{
				displayName: 'Message ID',
				name: 'messageId',
				type: 'string',
				default: '',
				placeholder: 'e.g. 20261121-0042',
				description: 'Your own ID of the email, given out with each open',
			},
			{
				displayName: 'Own Preview',
				name: 'preview',
				type: 'boolean',
				default: false,
				description: 'Whether this is an email to yourself, whose opens are kept but not counted',
			},
			locator('pixel', 'pixelId', {
				description: 'A new one is made for each item when this is empty',
			}),
			{
				displayName: 'Pixel Path',
				name: 'path',
				type: 'string',
				default: PIXEL_PATH,
				description: 'The path of the Email Open Trigger, if it is not the default one',
			},
			{
				displayName: 'Purpose',
				name: 'purpose',
				type: 'options',
				options: purposeOptions,
				default: 'performance',
				description: 'What the opens may be used for; written into the link and onto each event',
			},
			segmentsProperty,
			{
				displayName: 'Tracking Mode',
				name: 'trackingMode',
				type: 'options',
				options: trackingModeOptions,
				default: 'identified',
				description:
					'The most that opens by this link may leave behind; nothing can widen it later',
			},
		],
	},

	locator('recipient', 'unsubscribeRecipientId', {
		id: '',
		required: true,
		displayOptions: forOperation('unsubscribeHeaders'),
		description: 'Who the email goes to. It is encrypted in the address.',
	}),
	{
		displayName: 'Put Result in Field',
		name: 'unsubscribeField',
		type: 'string',
		default: 'unsubscribe',
		required: true,
		displayOptions: forOperation('unsubscribeHeaders'),
		hint: 'The output field for the values of List-Unsubscribe and List-Unsubscribe-Post',
	},
	{
		displayName:
			'These headers promise that one click ends the emails. Publish "Ask for consent and answer privacy requests" first, and put what stops your emails in place of its step "Stop Their Emails Here".',
		name: 'unsubscribePromise',
		type: 'notice',
		default: '',
		displayOptions: forOperation('unsubscribeHeaders'),
	},
	{
		displayName: 'Options',
		name: 'unsubscribeOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: forOperation('unsubscribeHeaders'),
		options: [
			{
				displayName: 'Page Path',
				name: 'path',
				type: 'string',
				default: PRIVACY_PATH,
				description: 'The path of the consent pages, if it is not the default one',
			},
		],
	},

	{
		displayName: 'HTML',
		name: 'html',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '={{ $json.html }}',
		required: true,
		displayOptions: forOperation('embed', 'trackLinks'),
		description: 'The email. Plain text, with no markup at all, is given back as it is.',
	},
	{
		displayName: 'Tracking Link',
		name: 'link',
		type: 'string',
		default: '={{ $json.tracking.url }}',
		displayOptions: forOperation('embed'),
		description:
			'The pixel URL. When it is empty the email is given back as it is, without a pixel.',
	},
	{
		displayName: 'Position',
		name: 'position',
		type: 'options',
		options: [
			{
				name: 'End of the Email',
				value: 'end',
				description:
					'Before the last body end tag. Gmail clips emails over 102 KB before they end.',
			},
			{
				name: 'Start of the Email',
				value: 'start',
				description: 'Right after the body start tag. Loaded also when Gmail clips the email.',
			},
		],
		default: 'end',
		displayOptions: forOperation('embed'),
	},
	{
		displayName: 'Put HTML in Field',
		name: 'htmlField',
		type: 'string',
		default: 'html',
		required: true,
		displayOptions: forOperation('embed', 'trackLinks'),
		hint: 'The output field for the changed HTML',
	},

	locator('recipient', 'recipientId', {
		id: '',
		required: true,
		displayOptions: forOperation('trackLinks'),
		description:
			'Who the email goes to. It is encrypted in the links; an ID is still better than an address.',
	}),
	locator('campaign', 'campaignId', {
		id: '',
		displayOptions: forOperation('trackLinks'),
		description: 'Groups clicks in reports',
	}),
	locator('pixel', 'linksPixelId', {
		id: '={{ $json.tracking.pixelId }}',
		displayOptions: forOperation('trackLinks'),
		description:
			'The pixel of the same email, as Create Tracking Link gave it out, so that opens and clicks of the email are counted together',
	}),
	{
		displayName: 'Consent Policy',
		name: 'linksConsentPolicy',
		type: 'options',
		options: consentPolicyOptions,
		default: 'objection-honoured',
		displayOptions: forOperation('trackLinks'),
		description:
			'Whose links are tracked. Consent to clicks is asked for apart from opens; whoever does not allow it gets the email as it is.',
	},
	{
		displayName: 'Options',
		name: 'linksOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: forOperation('trackLinks'),
		options: [
			{
				displayName: 'Link Path',
				name: 'path',
				type: 'string',
				default: LINK_PATH,
				description: 'The Link Path of the Email Open Trigger, if it is not the default one',
			},
			{
				displayName: 'List-Unsubscribe Header',
				name: 'listUnsubscribe',
				type: 'string',
				default: '',
				placeholder: 'e.g. <https://example.com/unsubscribe?u=42>',
				description: 'The value of that header of the email; the addresses in it are not tracked',
			},
			{
				displayName: 'Message ID',
				name: 'messageId',
				type: 'string',
				default: '',
				placeholder: 'e.g. 20261121-0042',
				description: 'Your own ID of the email, given out with each click',
			},
			{
				displayName: 'Own Preview',
				name: 'preview',
				type: 'boolean',
				default: false,
				description: 'Whether this is an email to yourself, whose clicks are kept but not counted',
			},
			{
				displayName: 'Tracking Mode',
				name: 'trackingMode',
				type: 'options',
				options: trackingModeOptions,
				default: 'identified',
				description:
					'The most that clicks on these links may leave behind; nothing can widen it later',
			},
		],
	},
];
