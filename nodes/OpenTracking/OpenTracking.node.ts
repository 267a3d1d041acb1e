import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';

import { eachItem } from '../shared/each-item';
import { askedFor } from '../shared/fields/asked-for';
import { checkFields } from '../shared/fields/check-fields';
import { credentialTest } from '../shared/installation/credential-tests';
import { openTrackingStore } from '../shared/installation/store';
import { properties } from './properties';
import { findOperation } from './resources';

export class OpenTracking implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Open Tracking',
		name: 'openTracking',
		icon: { light: 'file:../../icons/store.svg', dark: 'file:../../icons/store.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Reads and manages what the open tracking store holds',
		defaults: { name: 'Open Tracking' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [
			{ name: 'openTrackingPostgresApi', testedBy: 'openTrackingPostgresTest' },
			{
				name: 'openTrackingSigningKeyApi',
				displayOptions: askedFor({
					resource: ['consent', 'httpApi', 'open', 'pixel', 'privacy'],
					operation: [
						'applyChoice',
						'erasePerson',
						'exportPerson',
						'getConfirmationLink',
						'getEmbedCode',
						'getLink',
						'handleRequest',
						'import',
						'showPage',
					],
				}),
				testedBy: 'openTrackingSigningKeyTest',
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
		properties,
	};

	methods = { credentialTest };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const output = await eachItem(this, async (_item, index) => {
			const resource = this.getNodeParameter('resource', index) as string;
			const name = this.getNodeParameter('operation', index) as string;
			const operation = findOperation(resource, name);
			if (!operation) {
				throw new NodeOperationError(
					this.getNode(),
					`Open Tracking cannot do "${name}" on "${resource}"`,
					{
						itemIndex: index,
						description: 'Choose a resource and an operation from the lists',
					},
				);
			}
			checkFields(this, index, operation.properties);
			if ('executeAlone' in operation) return await operation.executeAlone({ node: this, index });
			const store = await openTrackingStore(this);
			return await operation.execute({ node: this, store, index });
		});
		return [output];
	}
}
