import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { readText } from '../../shared/fields/check-fields';

/** Where people who are tracked can write to. */
export const contactProperty: INodeProperties = {
	displayName: 'Contact',
	name: 'controllerContact',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. privacy@example.com',
	description: 'Where the controller can be reached',
};

/** Who answers for the tracking: exports and reports must name them. */
export const controllerProperties: INodeProperties[] = [
	{
		displayName: 'Controller',
		name: 'controllerName',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. Example Ltd, London',
		description: 'Who decides that opens are tracked, and answers for it',
	},
	contactProperty,
];

export function readController(
	node: IExecuteFunctions,
	index: number,
): { name: string; contact: string } {
	return {
		name: readText(node, 'controllerName', index),
		contact: readText(node, 'controllerContact', index),
	};
}
