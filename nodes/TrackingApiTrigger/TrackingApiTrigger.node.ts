import type {
	IExecuteFunctions,
	IHookFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { askedFor } from '../shared/fields/asked-for';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { refuseUnusableAccess } from '../shared/installation/access';
import { storeAndKeysField } from '../shared/fields/store-and-keys';
import { credentialTest } from '../shared/installation/credential-tests';
import { isPublishing, refuseUnusableStore } from '../shared/installation/publishing';
import { reportedTracker } from '../shared/receive/receive-settings';
import { reportSetup, withdrawSetup } from '../shared/receive/report-setup';
import { carryOnWaitingOpens } from '../shared/receive/waiting-opens';
import { refuseUnusableOrigins } from './allowed-origins';
import { properties } from './properties';
import { IMAGE_FOLDER, webhooks } from './routes';
import { serveRequest } from './serve-request';

export class TrackingApiTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tracking API Trigger',
		name: 'trackingApiTrigger',
		icon: { light: 'file:../../icons/api.svg', dark: 'file:../../icons/api.dark.svg' },
		group: ['trigger'],
		// Not 1: for version 1 of a webhook node n8n evaluates an expression on every request.
		version: 2,
		subtitle: '={{ $parameter["access"] === "none" ? "No Access Control" : "" }}',
		description: 'Serves the tracker APIs and the dashboard, and starts the workflow at each open',
		eventTriggerDescription: 'Waiting for you to load a tracking link at its test URL',
		activationMessage: 'The dashboard and the APIs are now served at their production URLs.',
		defaults: { name: 'Tracking API Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'openTrackingAccessApi',
				required: true,
				displayOptions: askedFor({ access: ['credential'] }),
				testedBy: 'openTrackingAccessTest',
			},
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: askedFor({ storeAndKeys: ['credential'] }),
				testedBy: 'emailOpenTrackingTest',
			},
		],
		webhooks,
		triggerPanel: {
			header: 'Listen for a load of a tracking link',
			executionsHelp: {
				inactive:
					'The URL shown is that of the <b>dashboard</b>. Without <code>/dashboard</code> it is the base URL that programs need. Publish the workflow to serve both.',
				active:
					'The <b>Production URL</b> is that of the dashboard. Without <code>/dashboard</code> it is the base URL that programs need.',
			},
			activationHint: 'Publish the workflow to serve the dashboard and the APIs.',
		},
		sensitiveOutputFields: SENSITIVE_EVENT_FIELDS,
		properties: [...properties, storeAndKeysField()],
	};

	methods = { credentialTest };

	// n8n itself registers the paths, unless this throws. It asks once for each route of that name,
	// so one route alone has the name `setup`.
	webhookMethods = {
		setup: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				if (isPublishing(this)) {
					refuseUnusableOrigins(this);
					await refuseUnusableAccess(this);
				}
				await refuseUnusableStore(this);
				const imageFolder = `${this.getNode().webhookId}/${IMAGE_FOLDER}`;
				const setupReported = reportSetup(this, () => ({ ...reportedTracker(this), imageFolder }));
				// When n8n starts, a store that hangs must not hold it up.
				if (isPublishing(this)) await setupReported;
				return true;
			},
			async create(): Promise<boolean> {
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				await withdrawSetup(this);
				return true;
			},
		},
	};

	// n8n calls this when it starts, where for a webhook alone it calls nothing: what waits on disk
	// since before is written without waiting for the next open.
	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		carryOnWaitingOpens(this);
		return {};
	}

	// With a trigger function and without this one, n8n would wait for items of the former in a test.
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await serveRequest(this);
	}
}
