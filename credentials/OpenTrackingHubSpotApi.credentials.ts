import type { Icon, ICredentialType } from 'n8n-workflow';

import { hubSpot } from '../src/sinks/destinations/hubspot';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingHubSpotApi implements ICredentialType {
	name = 'openTrackingHubSpotApi';

	displayName = 'Open Tracking HubSpot API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview';

	properties = credentialProperties(hubSpot.credential);

	authenticate = credentialLogin(hubSpot.credential);
}
