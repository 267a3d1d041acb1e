import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class HostedPixelTrackerApi implements ICredentialType {
	name = 'hostedPixelTrackerApi';

	displayName = 'Hosted Pixel Tracker API';

	icon = {
		light: 'file:../icons/hosted.svg',
		dark: 'file:../icons/hosted.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking/blob/main/docs/tracking-links.md#a-hosted-tracker';

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '={{ $env.PIXEL_TRACKER_BASE_URL }}',
			required: true,
			placeholder: 'e.g. https://tracker.example.com',
			description:
				'Where /api/pixel/create and /api/pixel/check are found. The default reads PIXEL_TRACKER_BASE_URL, where n8n allows nodes to read the environment.',
		},
	];
}
