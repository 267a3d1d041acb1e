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
		subtitle: 'Log, Then Answer',
		description: 'Writes the open to the store, then answers the email client with the image',
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
		const items = this.getInputData();
		const isStock = items.some(({ json }) => json.event === undefined);
		// Behind n8n's own Webhook node nobody knows yet what may be stored, and the time of the answer
		// would tell.
		if (isStock) await answerWithImage(this);
		// All at once, so that the items of one execution share transactions.
		const logging = items.map(async (item, index) => await logItem(this, item, index));
		await Promise.allSettled(logging);
		// Whatever became of the write: what was answered is in the store, or waits on disk for it.
		if (!isStock) await answerWithImage(this);
		const logged = await eachItem(this, async (_item, index) => await logging[index]);
		return [logged];
	}
}
