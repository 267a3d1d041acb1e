import type { Icon, ICredentialType } from 'n8n-workflow';

import { googleAnalytics } from '../src/sinks/destinations/google-analytics';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingGoogleAnalyticsApi implements ICredentialType {
	name = 'openTrackingGoogleAnalyticsApi';

	displayName = 'Open Tracking Google Analytics API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference';

	properties = credentialProperties(googleAnalytics.credential);

	authenticate = credentialLogin(googleAnalytics.credential);
}
