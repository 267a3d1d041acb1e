import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class OpenTrackingPostgresApi implements ICredentialType {
	name = 'openTrackingPostgresApi';

	displayName = 'Open Tracking PostgreSQL API';

	icon = {
		light: 'file:../icons/store.svg',
		dark: 'file:../icons/store.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking#the-store';

	properties: INodeProperties[] = [
		{
			displayName: 'Connection String',
			name: 'connectionStringSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
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
		},
		{
			displayName: 'CA Certificate',
			name: 'authorityPem',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			description:
				'The authority that signed the certificate of the server, as PEM text. Empty for the public ones.',
			displayOptions: { show: { tls: ['verify-full'] } },
		},
	];
}
