import type { INodeProperties } from 'n8n-workflow';

export const pixelIdProperty: INodeProperties = {
	displayName: 'Pixel ID',
	name: 'pixelId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 7c9e6679-7425-40de-944b-e07fc1f90ae7',
};
