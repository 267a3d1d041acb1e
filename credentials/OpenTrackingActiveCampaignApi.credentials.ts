import type { Icon, ICredentialType } from 'n8n-workflow';

import { activeCampaign } from '../src/sinks/destinations/active-campaign';
import { credentialLogin, credentialProperties } from './sink-credential';

export class OpenTrackingActiveCampaignApi implements ICredentialType {
	name = 'openTrackingActiveCampaignApi';

	displayName = 'Open Tracking ActiveCampaign API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl = 'https://developers.activecampaign.com/reference/authentication';

	properties = credentialProperties(activeCampaign.credential);

	authenticate = credentialLogin(activeCampaign.credential);
}
