import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class OpenTrackingAccessApi implements ICredentialType {
	name = 'openTrackingAccessApi';

	displayName = 'Open Tracking Access API';

	icon = {
		light: 'file:../icons/key.svg',
		dark: 'file:../icons/key.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking/blob/main/docs/http-api.md#access';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key to Manage',
			name: 'manageApiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. the output of: openssl rand -base64 24',
			description:
				'Programs that send it may do everything: make pixels and tokens, read, delete. Empty to let in none.',
		},
		{
			displayName: 'API Key to Read',
			name: 'readApiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Programs that send it may ask for the status of a pixel and for the totals, and nothing else. Empty to let in none.',
		},
		{
			displayName: 'Header Name',
			name: 'headerName',
			type: 'string',
			default: 'X-Api-Key',
			description: 'The header in which programs send their key',
		},
		{
			displayName: 'User Who Manages',
			name: 'manageUser',
			type: 'string',
			default: '',
			description:
				'Signs in to the pages with the password below, and may also make and delete pixels. Empty to let in nobody.',
		},
		{
			displayName: 'Password to Manage',
			name: 'managePassword',
			type: 'string',
			typeOptions: { password: true },
			default: '',
		},
		{
			displayName: 'User Who Reads',
			name: 'readUser',
			type: 'string',
			default: '',
			description:
				'Signs in to the pages with the password below, and may look at the dashboard and the logs. Empty to let in nobody.',
		},
		{
			displayName: 'Password to Read',
			name: 'readPassword',
			type: 'string',
			typeOptions: { password: true },
			default: '',
		},
	];
}
