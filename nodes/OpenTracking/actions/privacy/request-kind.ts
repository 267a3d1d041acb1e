import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { PrivacyRequestKind } from '../../../../src/tracking/people/erasure';

/** What a person asked for on the consent page. */
export const requestKindProperty: INodeProperties = {
	displayName: 'Request',
	name: 'requestKind',
	type: 'options',
	options: [
		{ name: 'Copy', value: 'copy', description: 'Everything that is stored about the person' },
		{ name: 'Erasure', value: 'erasure', description: 'That all of it is deleted' },
	],
	default: 'copy',
	description: 'What the person asked for',
};

export function readRequestKind(node: IExecuteFunctions, index: number): PrivacyRequestKind {
	return node.getNodeParameter('requestKind', index) as PrivacyRequestKind;
}
