import type { INodeProperties } from 'n8n-workflow';

import { consentPolicyOptions } from '../shared/options/consent-policy-options';
import { locator } from '../shared/fields/locators';
import { purposeOptions } from '../shared/options/purpose-options';

export const properties: INodeProperties[] = [
	{
		displayName: 'Consent',
		name: 'consentPolicy',
		type: 'options',
		options: consentPolicyOptions,
		default: 'consent-required',
		description: 'What lets an item through. A preset is a starting point, not legal advice.',
	},
	{
		displayName: 'Source of Truth',
		name: 'source',
		type: 'options',
		options: [
			{
				name: 'Both',
				value: 'both',
				description: 'Registry and item are asked, and the stricter answer counts',
			},
			{
				name: 'Consent Registry',
				value: 'registry',
				description: 'The consent records in the open tracking store',
			},
			{
				name: 'Field of the Item',
				value: 'item',
				description: 'What a node before this one looked up, say in your CRM',
			},
		],
		default: 'registry',
	},
	locator('recipient', 'recipientId', {
		id: '={{ $json.recipientId }}',
		required: true,
		displayOptions: { show: { source: ['registry', 'both'] } },
		description: 'Whose consent to look up, as in the tracking links',
	}),
	{
		displayName: 'Consent in Item',
		name: 'itemConsent',
		type: 'string',
		default: '={{ $json.consent }}',
		required: true,
		displayOptions: { show: { source: ['item', 'both'] } },
		description:
			'True or false, yes or no, or one of given, renewed, requested, refused, withdrawn, expired, unknown. Empty means unknown.',
	},
	{
		displayName: 'Purpose',
		name: 'purpose',
		type: 'options',
		options: purposeOptions,
		default: 'performance',
		description: 'What the opens are to be used for; an open event says so itself',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Count Refused Opens Anonymously',
				name: 'keepAsAggregate',
				type: 'boolean',
				default: false,
				description:
					'Whether a refused item is let through to be counted without a recipient: an open event loses everything about the person, any other item is marked with the mode aggregate',
			},
			{
				displayName: 'Global Privacy Control',
				name: 'globalPrivacyControl',
				type: 'string',
				default: '={{ $json.headers["sec-gpc"] }}',
				description:
					'The value of the header Sec-GPC, where the item has one; 1 counts as an objection',
			},
			{
				displayName: 'Opted Out',
				name: 'optedOut',
				type: 'boolean',
				default: false,
				description:
					'Whether the person opted out of all tracking, for example by a field of a CRM',
			},
			{
				displayName: 'Put Decision in Field',
				name: 'decisionField',
				type: 'string',
				default: 'trackingConsent',
				hint: 'The output field for the decision, its reason and the mode that is allowed',
			},
		],
	},
];
