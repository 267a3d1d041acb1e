import type { INodeProperties } from 'n8n-workflow';

export const properties: INodeProperties[] = [
	{
		displayName: 'Input Data Field Name',
		name: 'inputField',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the input binary field that holds the image',
		description:
			'Where the image is. An item without one is still answered, with the default transparent pixel.',
	},
];
