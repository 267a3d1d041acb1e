import type { Icon, ICredentialType } from 'n8n-workflow';

import { segment } from '../src/sinks/destinations/segment';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingSegmentApi implements ICredentialType {
	name = 'openTrackingSegmentApi';

	displayName = 'Open Tracking Segment API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://segment.com/docs/connections/find-writekey/';

	properties = credentialProperties(segment.credential);

	authenticate = credentialLogin(segment.credential);
}
