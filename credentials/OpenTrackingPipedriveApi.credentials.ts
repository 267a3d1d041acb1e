import type { Icon, ICredentialType } from 'n8n-workflow';

import { pipedrive } from '../src/sinks/destinations/pipedrive';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingPipedriveApi implements ICredentialType {
	name = 'openTrackingPipedriveApi';

	displayName = 'Open Tracking Pipedrive API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://pipedrive.readme.io/docs/how-to-find-the-api-token';

	properties = credentialProperties(pipedrive.credential);

	authenticate = credentialLogin(pipedrive.credential);
}
