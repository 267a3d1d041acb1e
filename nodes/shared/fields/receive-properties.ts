import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { consentPolicyOptions } from '../options/consent-policy-options';
import { purposeOptions } from '../options/purpose-options';
import { trackingModeOptions } from '../options/tracking-mode-options';

/** What can become of an address, for a list in the editor. */
export const ipOptions: INodePropertyOptions[] = [
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
];

/** How exactly a time can be kept. */
export const timeOptions: INodePropertyOptions[] = [
	{ name: 'Day', value: 'day' },
	{ name: 'Exact', value: 'exact' },
	{ name: 'Hour', value: 'hour' },
];

/** The fields and options of whatever receives loads of the pixel; `receiveSettings` reads them. */
export const receiveFields = {
	recipientParameter: {
		displayName: 'Recipient ID Parameter',
		name: 'recipientParameter',
		type: 'string',
		default: 'id',
		required: true,
		description: 'The name of the query parameter that holds the recipient ID',
		hint: 'With the default, …/pixel.png?id=42 is an open by recipient 42',
	},
	trackingMode: {
		displayName: 'Tracking Mode',
		name: 'trackingMode',
		type: 'options',
		options: trackingModeOptions,
		default: 'identified',
		description: 'The most that any open here may leave behind; a link can ask for less',
	},
	consentPolicy: {
		displayName: 'Consent',
		name: 'consentPolicy',
		type: 'options',
		options: consentPolicyOptions,
		default: 'objection-honoured',
		description:
			'When an open may be kept. Withdrawals count from the moment they are recorded, also for emails sent before.',
	},
} satisfies Record<string, INodeProperties>;

export const receiveOptions = {
	ip: {
		displayName: 'IP Address',
		name: 'ip',
		type: 'options',
		options: ipOptions,
		default: 'drop',
		description: 'What to keep of the address, in tracking mode Full only',
	},
	keep: {
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
	keepAsAggregate: {
		displayName: 'Count Refused Opens Anonymously',
		name: 'keepAsAggregate',
		type: 'boolean',
		default: false,
		description:
			'Whether an open that consent does not allow is still counted, without a recipient, instead of leaving nothing',
	},
	manyDomains: {
		displayName: 'Label Addresses of Many Domains',
		name: 'manyDomains',
		type: 'boolean',
		default: false,
		description:
			"Whether opens of recipients at ten or more domains from one address within ten minutes are labeled as a scanner's. Readers behind one address of a mobile carrier look the same.",
	},
	purpose: {
		displayName: 'Purpose',
		name: 'purpose',
		type: 'options',
		options: purposeOptions,
		default: 'performance',
		description: 'What opens are used for, where the link does not say; consent is asked for it',
	},
	signedOnly: {
		displayName: 'Signed Links Only',
		name: 'signedOnly',
		type: 'boolean',
		default: false,
		description:
			'Whether only links made by Create Tracking Link count. A load with a plain ID, or with none, then gets the image and is no open, so nobody can record one for somebody else.',
	},
	time: {
		displayName: 'Time',
		name: 'time',
		type: 'options',
		options: timeOptions,
		default: 'exact',
		description: 'How exactly the time of an open is kept',
	},
} satisfies Record<string, INodeProperties>;
