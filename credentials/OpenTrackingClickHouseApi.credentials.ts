import type { Icon, ICredentialType } from 'n8n-workflow';

import { clickHouse } from '../src/sinks/destinations/clickhouse';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingClickHouseApi implements ICredentialType {
	name = 'openTrackingClickHouseApi';

	displayName = 'Open Tracking ClickHouse API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://clickhouse.com/docs/interfaces/http#default-database';

	properties = credentialProperties(clickHouse.credential);

	authenticate = credentialLogin(clickHouse.credential);
}
