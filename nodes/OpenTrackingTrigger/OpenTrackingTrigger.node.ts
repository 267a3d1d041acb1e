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
import {
	fromFunction,
	fromParameter,
	NodeConnectionTypes,
	webhookDescriptionFields,
} from 'n8n-workflow';

import { startsFor } from '../../src/tracking/start/start-for';
import { LINK_PATH } from '../../src/tracking/links/tracked-link';
import { askedFor } from '../shared/fields/asked-for';
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { refuseUnknowableStart } from '../shared/fields/start-for';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { isPublishing, refuseUnusableStore } from '../shared/installation/publishing';
import { reportSetup, withdrawSetup } from '../shared/receive/report-setup';
import { refuseCollectingInQueueMode } from '../shared/receive/collector-log';
import { reportedTracker } from '../shared/receive/receive-settings';
import { openItem } from '../shared/receive/open-item';
import { carryOnWaitingOpens, onLateOpens } from '../shared/receive/waiting-opens';
import { followLink } from './follow-link';
import { handOverUnfinished } from './hand-over';
import { properties } from './properties';
import { startForOf } from './record-and-choose';
import { receiveRequest } from './receive-request';

/** Name of the webhook that tracked links lead to. */
const CLICK_WEBHOOK = 'click';

/** Where a node responds, n8n tells the trigger when it does, or how the execution ended. */
const responseMode = fromFunction((parameters) =>
	parameters.respond === 'usingRespondNode' ? 'responseNode' : 'onReceived',
);

export class OpenTrackingTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Email Open Trigger',
		// n8n offers a trigger beside the node whose name it has without "Trigger".
		name: 'openTrackingTrigger',
		icon: { light: 'file:../../icons/trigger.svg', dark: 'file:../../icons/trigger.dark.svg' },
		group: ['trigger'],
		// Not 1: for version 1 of a webhook node n8n evaluates an expression on every request.
		version: 2,
		subtitle: '={{ $parameter["path"] }}',
		// n8n's list of nodes shows this one for the trigger and the node beside it.
		description: 'Starts a workflow when an email is opened, and says who opened and who has not',
		eventTriggerDescription: 'Waiting for you to load the Test URL of the pixel',
		activationMessage: 'Opens are now recorded at the production URL of this pixel.',
		defaults: { name: 'Email Open Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: askedFor({ storeAndKeys: ['credential'] }),
				testedBy: 'emailOpenTrackingTest',
			},
		],
		webhooks: [
			{
				name: 'default',
				// n8n splits the text, and registers each method.
				httpMethod: 'GET,HEAD' as 'GET',
				isFullPath: true,
				ndvHideUrl: true,
				...webhookDescriptionFields({
					path: fromParameter('path'),
					responseMode,
				}),
			},
			// The panel shows this one, because an address without an ID is nobody's open. No request
			// reaches it: a path ends before the question mark.
			{
				name: 'setup',
				httpMethod: 'GET',
				isFullPath: true,
				ndvHideMethod: true,
				responseMode: 'onReceived',
				...webhookDescriptionFields({
					path: fromFunction(
						(parameters) => parameters.path + '?' + parameters.recipientParameter + '=42',
					),
				}),
			},
			{
				// Any name will do for n8n; its types know two.
				name: CLICK_WEBHOOK as 'default',
				isFullPath: true,
				ndvHideUrl: '={{ !$parameter.trackClicks }}',
				...webhookDescriptionFields({
					responseMode,
					// Without a method n8n registers nothing.
					httpMethod: fromFunction((parameters) => (parameters.trackClicks ? 'GET,HEAD' : '')),
					path: fromParameter('linkPath', LINK_PATH),
				}),
			},
		],
		triggerPanel: {
			header: 'Listen for an email open',
			executionsHelp: {
				inactive:
					'<b>Webhook URLs</b> shows two addresses. Load the <b>Test URL</b> while the editor listens, to see one open here. The <b>Production URL</b> belongs into emails, with the ID of the recipient in place of 42; it works once the workflow is published.',
				active:
					'The <b>Production URL</b> below <b>Webhook URLs</b> belongs into emails, with the ID of the recipient in place of 42. The Test URL works only while the editor listens.',
			},
			activationHint: 'Publish the workflow to record opens at the production URL.',
		},
		sensitiveOutputFields: SENSITIVE_EVENT_FIELDS,
		properties: [...properties, storeAndKeysField(), credentialBelow],
	};

	methods = { credentialTest };

	// n8n itself registers the path, unless this throws; what is left to do is to note how the
	// trigger is set up.
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				refuseCollectingInQueueMode(this);
				if (isPublishing(this)) refuseUnknowableStart(this, startForOf(this));
				await refuseUnusableStore(this);
				const setupReported = reportSetup(this, () => ({
					...reportedTracker(this),
					path: this.getNodeParameter('path') as string,
					...(this.getNodeParameter('trackClicks', false) === true && {
						linkPath: this.getNodeParameter('linkPath') as string,
						clicks: true,
					}),
				}));
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
		// Whether the workflow is to start for them is known only then.
		const startFor = startForOf(this);
		const stop = onLateOpens(this, (opens) => {
			for (const open of opens) {
				if (startFor.choice !== 'every' && startsFor(startFor, open)) this.emit([[openItem(open)]]);
			}
		});
		carryOnWaitingOpens(this);
		if (this.getMode() === 'manual') return { closeFunction: async () => stop() };
		const stopHandingOver = handOverUnfinished(this);
		return {
			closeFunction: async () => {
				stop();
				stopHandingOver();
			},
		};
	}

	// With a trigger function and without this one, n8n would wait for items of the former in a test.
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const isClick = this.getWebhookName() === CLICK_WEBHOOK;
		return await (isClick ? followLink(this) : receiveRequest(this));
	}
}
