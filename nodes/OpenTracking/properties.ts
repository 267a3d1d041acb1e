import type { INodeProperties } from 'n8n-workflow';

import { resources } from './resources';

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: '',
};

/** The fields of the node, put together from {@link resources}. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: resources.map(({ name, value }) => ({ name, value })),
		default: 'open',
	},
	...resources.flatMap((resource): INodeProperties[] => [
		{
			...operationField,
			displayOptions: { show: { resource: [resource.value] } },
			options: resource.operations.map(({ name, value, action, description }) => ({
				name,
				value,
				action,
				description,
			})),
			default: resource.operations[0].value,
		},
		...resource.operations.flatMap((operation) =>
			operation.properties.map(
				(property): INodeProperties => ({
					...property,
					displayOptions: {
						...property.displayOptions,
						show: {
							...property.displayOptions?.show,
							resource: [resource.value],
							operation: [operation.value],
						},
					},
				}),
			),
		),
	]),
];
