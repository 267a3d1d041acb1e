import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { askedFor } from '../shared/fields/asked-for';
import { storeAndKeysField } from '../shared/fields/store-and-keys';
import { subtitleOf } from '../shared/fields/subtitle';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { deliverItems } from './deliver-items';
import { loginFor, properties } from './properties';
import { sinkCredentialTest } from './sink-credential-test';

export class OpenEventSink implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Open Event Sink',
		name: 'openEventSink',
		icon: { light: 'file:../../icons/sink.svg', dark: 'file:../../icons/sink.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: subtitleOf('operation', properties),
		description: 'Sends opens and clicks to an analytics tool, a warehouse, a CRM or a webhook',
		defaults: { name: 'Open Event Sink' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Delivered', 'Failed'],
		usableAsTool: undefined,
		credentials: [
			// The privacy report is in the store, and so is what this node notes for it.
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: askedFor({ storeAndKeys: ['credential'] }),
				testedBy: 'emailOpenTrackingTest',
			},
			// The linter reads names and tests here; a test holds this list against the registry.
			{
				name: 'openTrackingActiveCampaignApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('activeCampaign'),
			},
			{
				name: 'openTrackingAmplitudeApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('amplitude'),
			},
			{ name: 'openTrackingBrevoApi', testedBy: 'sinkCredentialTest', ...loginFor('brevo') },
			{
				name: 'openTrackingClickHouseApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('clickHouse'),
			},
			{
				name: 'openTrackingElasticsearchApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('elasticsearch'),
			},
			{
				name: 'openTrackingGoogleAnalyticsApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('googleAnalytics'),
			},
			{ name: 'openTrackingBigQueryOAuth2Api', ...loginFor('bigQuery') },
			{ name: 'openTrackingHubSpotApi', testedBy: 'sinkCredentialTest', ...loginFor('hubSpot') },
			{ name: 'openTrackingMatomoApi', testedBy: 'sinkCredentialTest', ...loginFor('matomo') },
			{ name: 'openTrackingMixpanelApi', testedBy: 'sinkCredentialTest', ...loginFor('mixpanel') },
			{
				name: 'openTrackingPipedriveApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('pipedrive'),
			},
			{ name: 'openTrackingPostHogApi', testedBy: 'sinkCredentialTest', ...loginFor('postHog') },
			{ name: 'openTrackingSalesforceOAuth2Api', ...loginFor('salesforce') },
			{ name: 'openTrackingSegmentApi', testedBy: 'sinkCredentialTest', ...loginFor('segment') },
			{
				name: 'openTrackingSignedWebhookApi',
				testedBy: 'sinkCredentialTest',
				...loginFor('signedWebhook'),
			},
			{ name: 'openTrackingSnowplowApi', testedBy: 'sinkCredentialTest', ...loginFor('snowplow') },
		],
		sensitiveOutputFields: SENSITIVE_EVENT_FIELDS,
		properties: [...properties, storeAndKeysField()],
	};

	methods = {
		credentialTest: {
			emailOpenTrackingTest: credentialTest.emailOpenTrackingTest,
			sinkCredentialTest,
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await deliverItems(this);
	}
}
