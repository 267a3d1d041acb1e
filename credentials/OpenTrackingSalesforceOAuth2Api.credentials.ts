import type { Icon, ICredentialType } from 'n8n-workflow';

import { salesforce } from '../src/sinks/destinations/salesforce';
import { credentialProperties } from './sink-credential';

export class OpenTrackingSalesforceOAuth2Api implements ICredentialType {
	name = 'openTrackingSalesforceOAuth2Api';

	extends = ['oAuth2Api'];

	displayName = 'Open Tracking Salesforce OAuth2 API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm';

	properties = credentialProperties(salesforce.credential);
}
