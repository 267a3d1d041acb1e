import type { INodeProperties } from 'n8n-workflow';

import { PIXEL_PNG_BASE64 } from '../../src/tracking/pixel-image';

export const properties: INodeProperties[] = [
	{
		displayName: 'Image as Base64',
		name: 'imageBase64',
		type: 'string',
		typeOptions: { rows: 3 },
		default: PIXEL_PNG_BASE64,
		required: true,
		description:
			'A PNG file of at most 64 KB as Base64 text. The default is one fully transparent dot of 67 bytes.',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'outputField',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the output binary field to put the image in',
	},
];
