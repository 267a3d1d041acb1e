import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { failedItem, toNodeError } from '../shared/each-item';
import { askedFor } from '../shared/fields/asked-for';
import { credentialTest } from '../shared/installation/credential-tests';
import { decideItem } from './decide-item';
import { properties } from './properties';

export class TrackingConsentFilter implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tracking Consent Filter',
		name: 'trackingConsentFilter',
		icon: { light: 'file:../../icons/consent.svg', dark: 'file:../../icons/consent.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["consentPolicy"] }}',
		description: 'Lets through what a person consented to, under the policy you choose',
		defaults: { name: 'Tracking Consent Filter' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Allowed', 'Refused'],
		usableAsTool: undefined,
		credentials: [
			{
				name: 'openTrackingPostgresApi',
				displayOptions: askedFor({ source: ['registry', 'both'] }),
				testedBy: 'openTrackingPostgresTest',
			},
			{
				name: 'openTrackingSigningKeyApi',
				displayOptions: askedFor({ source: ['registry', 'both'] }),
				testedBy: 'openTrackingSigningKeyTest',
			},
		],
		properties,
	};

	methods = { credentialTest };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const allowed: INodeExecutionData[] = [];
		const refused: INodeExecutionData[] = [];
		for (const [index, item] of this.getInputData().entries()) {
			try {
				const decided = await decideItem(this, item, index);
				(decided.allowed ? allowed : refused).push({
					...decided.item,
					pairedItem: { item: index },
				});
			} catch (error) {
				const nodeError = toNodeError(this, error, index);
				if (!this.continueOnFail()) throw nodeError;
				// Nobody knows whether this one is allowed, so it is not.
				refused.push(failedItem(this, item, index, nodeError));
			}
		}
		return [allowed, refused];
	}
}
