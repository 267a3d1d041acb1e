import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { createPeopleLookups } from '../../src/intake/lookups';
import { failedItem, inTurn, MOST_AT_ONCE, toNodeError } from '../shared/each-item';
import { askedFor } from '../shared/fields/asked-for';
import { credentialBelow, storeAndKeysField } from '../shared/fields/store-and-keys';
import { subtitleOf } from '../shared/fields/subtitle';
import { SENSITIVE_EVENT_FIELDS } from '../shared/fields/sensitive-output';
import { credentialTest } from '../shared/installation/credential-tests';
import { listSearch } from '../shared/installation/list-search';
import { openTrackingStore } from '../shared/installation/store';
import { decideItem } from './decide-item';
import { properties } from './properties';

export class TrackingConsentFilter implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tracking Consent Filter',
		name: 'trackingConsentFilter',
		icon: { light: 'file:../../icons/consent.svg', dark: 'file:../../icons/consent.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleOf('consentPolicy', properties),
		description: 'Lets through what a person consented to, under the policy you choose',
		defaults: { name: 'Tracking Consent Filter' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Allowed', 'Refused'],
		usableAsTool: undefined,
		credentials: [
			{
				name: 'emailOpenTrackingApi',
				required: true,
				displayOptions: askedFor({ source: ['registry', 'both'], storeAndKeys: ['credential'] }),
				testedBy: 'emailOpenTrackingTest',
			},
		],
		sensitiveOutputFields: SENSITIVE_EVENT_FIELDS,
		properties: [
			...properties,
			storeAndKeysField({ show: { source: ['registry', 'both'] } }),
			credentialBelow,
		],
	};

	methods = { credentialTest, listSearch };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const allowed: INodeExecutionData[] = [];
		const refused: INodeExecutionData[] = [];
		const people = createPeopleLookups(() => openTrackingStore(this));
		const decide = async (item: INodeExecutionData, index: number) =>
			await decideItem(this, people, item, index);
		for await (const { item, index, outcome } of inTurn(this, decide, MOST_AT_ONCE)) {
			if (outcome.status === 'fulfilled') {
				const { allowed: isAllowed, item: decided } = outcome.value;
				(isAllowed ? allowed : refused).push({ ...decided, pairedItem: { item: index } });
				continue;
			}
			const nodeError = toNodeError(this, outcome.reason, index);
			if (!this.continueOnFail()) throw nodeError;
			// Nobody knows whether this one is allowed, so it is not.
			refused.push(failedItem(this, item, index, nodeError));
		}
		return [allowed, refused];
	}
}
