import type { Icon, ICredentialType } from 'n8n-workflow';

import { matomo } from '../src/sinks/destinations/matomo';
import { credentialProperties } from './sink-credential';

export class OpenTrackingMatomoApi implements ICredentialType {
	name = 'openTrackingMatomoApi';

	displayName = 'Open Tracking Matomo API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://matomo.org/faq/general/faq_114/';

	properties = credentialProperties(matomo.credential);
}
