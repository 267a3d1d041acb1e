import type { Icon, ICredentialType } from 'n8n-workflow';

import { postHog } from '../src/sinks/destinations/posthog';
import { credentialProperties } from './sink-credential';

export class OpenTrackingPostHogApi implements ICredentialType {
	name = 'openTrackingPostHogApi';

	displayName = 'Open Tracking PostHog API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://posthog.com/docs/api';

	properties = credentialProperties(postHog.credential);
}
