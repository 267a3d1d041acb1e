import type { Icon, ICredentialType } from 'n8n-workflow';

import { snowplow } from '../src/sinks/destinations/snowplow';
import { credentialProperties } from './sink-credential';

export class OpenTrackingSnowplowApi implements ICredentialType {
	name = 'openTrackingSnowplowApi';

	displayName = 'Open Tracking Snowplow API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://docs.snowplow.io/docs/api-reference/stream-collector/';

	properties = credentialProperties(snowplow.credential);
}
