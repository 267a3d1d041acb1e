import type { INodePropertyOptions } from 'n8n-workflow';

/** The tracking modes for a list in the editor, from least to most as the modes are ordered. */
export const trackingModeOptions: INodePropertyOptions[] = [
	{ name: 'Off', value: 'off', description: 'Nothing is stored' },
	{ name: 'Aggregate', value: 'aggregate', description: 'Counters only, no recipient at all' },
	{
		name: 'Hygiene',
		value: 'hygiene',
		description: 'The date of the last open of each recipient, nothing else',
	},
	{
		name: 'Pseudonymous',
		value: 'pseudonymous',
		description: 'Each open under a pseudonym that differs from campaign to campaign',
	},
	{
		name: 'Identified',
		value: 'identified',
		description: 'Each open with recipient ID, time and kind of email client',
	},
	{
		name: 'Full',
		value: 'full',
		description: 'Also IP address, user agent and headers, where you choose to keep them',
	},
];
