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
import { subtitleOf } from '../shared/fields/subtitle';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { minimiseItem } from './minimise-item';
import { properties } from './properties';

export class OpenDataMinimizer implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Open Data Minimizer',
		name: 'openDataMinimizer',
		icon: { light: 'file:../../icons/minimize.svg', dark: 'file:../../icons/minimize.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf('recipient', properties, '"Recipient: " + '),
		description: 'Removes or coarsens fields of an open event',
		defaults: { name: 'Open Data Minimizer' },
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
		return [
			await eachItem(
				this,
				async (item, index) => [await minimiseItem(this, item, index)],
				// What could not be reduced goes no further: neither as JSON nor as a file.
				{
					failed: (_context, _item, index, { message }) => ({
						json: { error: message },
						pairedItem: { item: index },
					}),
				},
			),
		];
	}
}
