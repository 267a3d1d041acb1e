import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { Purpose } from '../../../../src/tracking/event/purpose';
import { purposeOptions } from '../../../shared/options/purpose-options';

export const purposeProperty: INodeProperties = {
	displayName: 'Purpose',
	name: 'consentPurpose',
	type: 'options',
	options: purposeOptions,
	default: 'performance',
	description: 'What the consent is for; each purpose has a consent of its own',
};

export const purposesProperty: INodeProperties = {
	displayName: 'Purposes',
	name: 'consentPurposes',
	type: 'multiOptions',
	options: purposeOptions,
	default: ['performance'],
	required: true,
	description: 'What you ask consent for; people answer each one apart',
};

export function readPurposes(node: IExecuteFunctions, index: number): Purpose[] {
	return node.getNodeParameter('consentPurposes', index) as Purpose[];
}
