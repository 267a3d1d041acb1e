import type { INodeProperties } from 'n8n-workflow';

import type { Resource } from './common/operation';
import { resources } from './resources';

const operationField: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	default: '',
};

const titles = Object.fromEntries(
	resources.flatMap(({ value, name, operations }) =>
		operations.map((operation) => [`${value} ${operation.value}`, `${name}: ${operation.name}`]),
	),
);

/** The line below the name of the node, such as *Open: Get Many*. */
export const subtitle = `={{ (${JSON.stringify(titles)})[$parameter["resource"] + " " + $parameter["operation"]] }}`;

/** What a person asks for first, in this order; of a resource without any of these, its first. */
const ASKED_FIRST = ['getMany', 'get', 'getOpenRequests', 'dashboard'];

/** The operation that a panel opens with: one that lists or reads, where there is one. */
function firstOperation({ operations }: Resource): string {
	const values = operations.map(({ value }) => value);
	return ASKED_FIRST.find((value) => values.includes(value)) ?? values[0];
}

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
			default: firstOperation(resource),
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
