import type {
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { askedFor } from '../shared/fields/asked-for';
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { collectInBatches } from './collect-in-batches';
import { collectOnce } from './collect-once';
import { properties } from './properties';
import { readStoreInBatches, readStoreOnce } from './read-store';

export class OpenCollectorTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Open Collector Trigger',
		name: 'openCollectorTrigger',
		icon: { light: 'file:../../icons/collector.svg', dark: 'file:../../icons/collector.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["source"] === "port" ? "Port " + $parameter["port"] : $parameter["source"] === "store" ? "From the Store" : "Collected by Webhooks" }}',
		description:
			'Serves the tracking pixel at high volume, or reads the store, and starts the workflow with batches',
		eventTriggerDescription: 'Waiting for you to load the pixel',
		activationMessage: 'Opens are now given to this workflow in batches.',
		defaults: { name: 'Open Collector Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Opens', 'Refused'],
		credentials: [
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: askedFor({ storeAndKeys: ['credential'] }),
				testedBy: 'emailOpenTrackingTest',
			},
		],
		sensitiveOutputFields: SENSITIVE_EVENT_FIELDS,
		properties: [...properties, storeAndKeysField(), credentialBelow],
	};

	methods = { credentialTest };

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		const isTest = this.getMode() === 'manual';
		if (this.getNodeParameter('source') === 'store') {
			return isTest ? await readStoreOnce(this) : await readStoreInBatches(this);
		}
		return isTest ? await collectOnce(this) : await collectInBatches(this);
	}
}
