import type { Icon, ICredentialType } from 'n8n-workflow';

import { amplitude } from '../src/sinks/destinations/amplitude';
import { credentialProperties } from './sink-credential';

export class OpenTrackingAmplitudeApi implements ICredentialType {
	name = 'openTrackingAmplitudeApi';

	displayName = 'Open Tracking Amplitude API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://amplitude.com/docs/apis/authentication';

	properties = credentialProperties(amplitude.credential);
}
