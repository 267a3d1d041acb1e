import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class OpenTrackingSigningKeyApi implements ICredentialType {
	name = 'openTrackingSigningKeyApi';

	displayName = 'Open Tracking Signing Key API';

	icon = {
		light: 'file:../icons/key.svg',
		dark: 'file:../icons/key.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking/blob/main/docs/tracking-links.md';

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook',
			description:
				'Where emails find this n8n. Empty for the WEBHOOK_URL that n8n itself is set up with.',
		},
		{
			displayName: 'Active Key',
			name: 'activeSecretKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. k1:<Base64 of 32 random bytes>',
			description:
				'Signs new links. Left empty, the key that n8n made on its own is used; in queue mode a key must be set.',
		},
		{
			displayName: 'Previous Keys',
			name: 'previousSecretKeys',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Keys that signed links in emails already sent, separated by spaces. They verify these links, and sign nothing.',
		},
		{
			displayName: 'Keys Kept for Erased People Only',
			name: 'denylistOnlySecretKeys',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Keys that leaked or are no longer needed, separated by spaces. They verify no link. Erased people stay erased, and opens under older pseudonyms are still found.',
		},
		{
			displayName: 'Links Expire After (Days)',
			name: 'maxAgeDays',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'Later loads are counted, but not attributed to anyone. 0 for never.',
		},
	];
}
