import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/** Options of the store that count only with a server of one's own. */
const ownStore = { hide: { connectionStringSecret: [''] } };
const part = (name: string, displayName: string): INodeProperties => ({
	displayName,
	name,
	type: 'notice',
	default: '',
});

export class EmailOpenTrackingApi implements ICredentialType {
	name = 'emailOpenTrackingApi';

	displayName = 'Email Open Tracking API';

	icon = {
		light: 'file:../icons/store.svg',
		dark: 'file:../icons/store.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking#the-store';

	properties: INodeProperties[] = [
		part(
			'storePart',
			'Store: where opens are kept. Leave it empty to keep them where this n8n keeps its own.',
		),
		{
			displayName: 'PostgreSQL Connection String',
			name: 'connectionStringSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. postgresql://user:password@db.example.com:5432/tracking',
		},
		{
			displayName: 'TLS',
			name: 'tls',
			type: 'options',
			options: [
				{
					name: 'Off',
					value: 'disable',
					description: 'Only for a database on the same machine or in the same private network',
				},
				{
					name: 'On, Certificate Not Checked',
					value: 'require',
					description: 'Encrypts, but does not prove which server answers',
				},
				{
					name: 'On, Certificate Checked',
					value: 'verify-full',
					description: 'Encrypts and proves that the server is the one named',
				},
			],
			default: 'verify-full',
			displayOptions: ownStore,
		},
		{
			displayName: 'CA Certificate',
			name: 'authorityPem',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			description:
				'The authority that signed the certificate of the server, as PEM text. Empty for the public ones.',
			displayOptions: { show: { tls: ['verify-full'] }, ...ownStore },
		},
		part(
			'keyPart',
			'Signing keys: what tracking links are signed and encrypted with. Leave them empty to use the key that this n8n has.',
		),
		{
			displayName: 'Active Key',
			name: 'activeSecretKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. k1:<Base64 of 32 random bytes>',
			description: 'Signs new links. Empty for the key that this n8n has.',
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
		part(
			'addressPart',
			'Address: where emails find this n8n. Leave it empty for the WEBHOOK_URL that n8n is set up with.',
		),
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook',
		},
	];
}
