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
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { subtitleOf } from '../shared/fields/subtitle';
import { credentialTest } from '../shared/installation/credential-tests';
import { listSearch } from '../shared/installation/list-search';
import { openTrackingStore } from '../shared/installation/store';
import { properties } from './properties';
import { QUESTIONS } from './questions';

export class EmailOpenInsights implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Email Open Insights',
		name: 'emailOpenInsights',
		icon: { light: 'file:../../icons/insights.svg', dark: 'file:../../icons/insights.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: subtitleOf('operation', properties),
		description:
			'Who opened, who has not, how a campaign is doing and how sure that is, what changed, whether the setup is healthy. Only reads; for workflows and AI agents.',
		defaults: { name: 'Email Open Insights' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: askedFor({ storeAndKeys: ['credential'] }),
				testedBy: 'emailOpenTrackingTest',
			},
		],
		properties: [...properties, storeAndKeysField(), credentialBelow],
	};

	methods = { credentialTest, listSearch };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const output = await eachItem(this, async (_item, index) => {
			const operation = this.getNodeParameter('operation', index);
			const question = QUESTIONS.find(({ value }) => value === operation);
			if (!question) {
				throw new NodeOperationError(
					this.getNode(),
					`Email Open Insights cannot do "${String(operation)}"`,
					{ itemIndex: index, description: 'Choose an operation from the list' },
				);
			}
			const { asked, fixed } = question;
			checkFields(this, index, [...asked.map(({ property }) => property), ...fixed]);
			const openStore = async () => await openTrackingStore(this);
			const answer = await question.answer({ node: this, openStore, index });
			return [{ json: { ...answer }, pairedItem: { item: index } }];
		});
		return [output];
	}
}
