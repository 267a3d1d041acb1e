import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError, UnexpectedError } from 'n8n-workflow';

import { eachItem, MOST_AT_ONCE } from '../shared/each-item';
import { askedFor } from '../shared/fields/asked-for';
import { checkFields } from '../shared/fields/check-fields';
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { listSearch } from '../shared/installation/list-search';
import { openTrackingStore } from '../shared/installation/store';
import { properties, subtitle } from './properties';
import { findOperation } from './resources';

export class OpenTracking implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Open Tracking',
		name: 'openTracking',
		icon: { light: 'file:../../icons/store.svg', dark: 'file:../../icons/store.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: subtitle,
		description: 'Who opened and who has not, statistics, reports, consent and privacy requests',
		defaults: { name: 'Open Tracking' },
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
			{
				name: 'openTrackingEmailServiceApi',
				displayOptions: askedFor({ resource: ['open'], operation: ['import'] }),
				testedBy: 'openTrackingEmailServiceTest',
			},
			{
				name: 'hostedPixelTrackerApi',
				required: true,
				displayOptions: askedFor({
					resource: ['status'],
					operation: ['checkHosted', 'getHostedDashboard'],
				}),
				testedBy: 'hostedPixelTrackerTest',
			},
		],
		// Whoever holds the links changes a person's consent, or gets a copy of all that is stored.
		sensitiveOutputFields: [...SENSITIVE_EVENT_FIELDS, 'consentUrl', 'confirmationUrl'],
		properties: [
			...properties,
			storeAndKeysField({ hide: { operation: ['checkHosted', 'getHostedDashboard'] } }),
			credentialBelow,
		],
	};

	methods = { credentialTest, listSearch };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operationOf = (index: number) =>
			findOperation(
				this.getNodeParameter('resource', index) as string,
				this.getNodeParameter('operation', index) as string,
			);
		const done = new Map<number, INodeExecutionData[] | Error>();
		const output = await eachItem(this, async (_item, index) => {
			const operation = operationOf(index);
			if (!operation) {
				throw new NodeOperationError(
					this.getNode(),
					`Open Tracking cannot do "${this.getNodeParameter('operation', index)}" on "${this.getNodeParameter('resource', index)}"`,
					{
						itemIndex: index,
						description: 'Choose a resource and an operation from the lists',
					},
				);
			}
			if ('executeMany' in operation) {
				if (!done.has(index)) {
					const indexes = [index];
					const end = Math.min(this.getInputData().length, index + MOST_AT_ONCE);
					for (let next = index + 1; next < end && operationOf(next) === operation; next += 1) {
						indexes.push(next);
					}
					const store = await openTrackingStore(this);
					const results = await operation.executeMany({ node: this, store, indexes });
					results.forEach((result, position) => done.set(index + position, result));
				}
				const result = done.get(index);
				if (result === undefined) throw new UnexpectedError('An item got no result');
				if (result instanceof Error) throw result;
				return result;
			}
			checkFields(this, index, operation.properties);
			if ('executeAlone' in operation) return await operation.executeAlone({ node: this, index });
			const store = await openTrackingStore(this);
			return await operation.execute({ node: this, store, index });
		});
		return [output];
	}
}
