import type { INodePropertyOptions } from 'n8n-workflow';

/** The purposes of an open for a list in the editor. */
export const purposeOptions: INodePropertyOptions[] = [
	{
		name: 'Clicks',
		value: 'clicks',
		description: 'Which links of an email were followed; asked for apart from opens',
	},
	{
		name: 'Deliverability',
		value: 'deliverability',
		description: 'Keeping a list clean; needs no consent, keeps only the date of the last open',
	},
	{ name: 'Frequency', value: 'frequency', description: 'How often a recipient is emailed' },
	{
		name: 'Image Held',
		value: 'image-held',
		description: 'How long an image connection stayed open; needs a consent of its own',
	},
	{
		name: 'Legal Notice',
		value: 'legal-notice',
		description: 'Proof that a notice the law asks for was delivered; needs no consent',
	},
	{
		name: 'Performance',
		value: 'performance',
		description: 'Individual open rates, to measure and improve campaigns',
	},
	{
		name: 'Personalization',
		value: 'personalisation',
		description: 'Content chosen by what a recipient opened before',
	},
	{ name: 'Profiling', value: 'profiling', description: 'Profiles that are used outside email' },
	{
		name: 'Security',
		value: 'security',
		description: 'Protecting a sign-in or an account; needs no consent',
	},
];
