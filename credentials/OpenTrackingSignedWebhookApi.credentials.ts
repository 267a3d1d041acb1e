import type { Icon, ICredentialType } from 'n8n-workflow';

import { signedWebhook } from '../src/sinks/destinations/signed-webhook';
import { credentialProperties } from './sink-credential';

export class OpenTrackingSignedWebhookApi implements ICredentialType {
	name = 'openTrackingSignedWebhookApi';

	displayName = 'Open Tracking Signed Webhook API';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

	documentationUrl =
		'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md';

	properties = credentialProperties(signedWebhook.credential);
}
