import type { Icon, ICredentialType } from 'n8n-workflow';

import { brevo } from '../src/sinks/destinations/brevo';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingBrevoApi implements ICredentialType {
	name = 'openTrackingBrevoApi';

	displayName = 'Open Tracking Brevo API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://developers.brevo.com/docs/getting-started';

	properties = credentialProperties(brevo.credential);

	authenticate = credentialLogin(brevo.credential);
}
