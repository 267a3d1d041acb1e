import type { Icon, ICredentialType } from 'n8n-workflow';

import { mixpanel } from '../src/sinks/destinations/mixpanel';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingMixpanelApi implements ICredentialType {
	name = 'openTrackingMixpanelApi';

	displayName = 'Open Tracking Mixpanel API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://docs.mixpanel.com/reference/project-token';

	properties = credentialProperties(mixpanel.credential);

	authenticate = credentialLogin(mixpanel.credential);
}
