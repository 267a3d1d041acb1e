import type { Icon, ICredentialType } from 'n8n-workflow';

import { bigQuery } from '../src/sinks/destinations/bigquery';
import { credentialProperties } from './sink-credential';

export class OpenTrackingBigQueryOAuth2Api implements ICredentialType {
	name = 'openTrackingBigQueryOAuth2Api';

	extends = ['oAuth2Api'];

	displayName = 'Open Tracking BigQuery OAuth2 API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://cloud.google.com/bigquery/docs/authentication';

	properties = credentialProperties(bigQuery.credential);
}
