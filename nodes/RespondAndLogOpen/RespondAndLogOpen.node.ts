import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { eachItem } from '../shared/each-item';
import { askedFor } from '../shared/fields/asked-for';
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { answerWithImage } from './answer';
import { logItem } from './log-item';
import { properties } from './properties';

export class RespondAndLogOpen implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Respond and Log Open',
		name: 'respondAndLogOpen',
		icon: { light: 'file:../../icons/respond.svg', dark: 'file:../../icons/respond.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: 'Answer First, Then Log',
		description: 'Answers the email client with the image, then writes the open to the store',
		defaults: { name: 'Respond and Log Open' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: undefined,
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

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		// The answer comes first and never waits for, or depends on, the write below it.
		await answerWithImage(this);
		// All at once, so that the items of one execution share transactions.
		const logging = this.getInputData().map(
			async (item, index) => await logItem(this, item, index),
		);
		await Promise.allSettled(logging);
		const logged = await eachItem(this, async (_item, index) => await logging[index]);
		return [logged];
	}
}
