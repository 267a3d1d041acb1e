import type { Icon, ICredentialType } from 'n8n-workflow';

import { elasticsearch } from '../src/sinks/destinations/elasticsearch';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingElasticsearchApi implements ICredentialType {
	name = 'openTrackingElasticsearchApi';

	displayName = 'Open Tracking Elasticsearch API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://www.elastic.co/docs/deploy-manage/api-keys/elasticsearch-api-keys';

	properties = credentialProperties(elasticsearch.credential);

	authenticate = credentialLogin(elasticsearch.credential);
}
