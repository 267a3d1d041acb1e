import type { INodeProperties } from 'n8n-workflow';

import { receiveFields, receiveOptions } from '../shared/fields/receive-properties';

export const properties: INodeProperties[] = [
	{
		displayName: 'Access',
		name: 'access',
		type: 'options',
		options: [
			{
				name: 'API Key and Sign-In',
				value: 'credential',
				description: 'Programs send a key, people sign in, as the credential says',
			},
			{
				name: 'No Access Control',
				value: 'none',
				description:
					'Everybody who knows the address reads addresses and opens, and deletes pixels. For an n8n behind something that asks already.',
			},
		],
		default: 'credential',
		description: 'Who is answered. Images go out to everybody, or no email could load them.',
	},
	{
		...receiveFields.trackingMode,
		description: 'The most that any open here may leave behind; a pixel or link can ask for less',
	},
	receiveFields.consentPolicy,
	{
		...receiveFields.recipientParameter,
		default: 'user',
		required: false,
		description:
			'The name of the query parameter that names the recipient of a link without a token; empty to read none',
		hint: 'With the default, …/tracker/ID.png?user=john@example.com is an open by john@example.com',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Allowed Origins (CORS)',
				name: 'allowedOrigins',
				type: 'string',
				default: '',
				placeholder: 'e.g. https://app.example.com, https://www.example.com',
				description:
					'Whose pages, or browser extensions, may use the APIs in a browser, separated by commas. Empty for none.',
			},
			receiveOptions.keepAsAggregate,
			receiveOptions.ip,
			receiveOptions.keep,
			receiveOptions.manyDomains,
			receiveOptions.purpose,
			receiveOptions.time,
		],
	},
];
