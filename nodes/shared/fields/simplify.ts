import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

export const simplifyProperty: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

export function readSimplify(node: IExecuteFunctions, index: number): boolean {
	return node.getNodeParameter(simplifyProperty.name, index) as boolean;
}
