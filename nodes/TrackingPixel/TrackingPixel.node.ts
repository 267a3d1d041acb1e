import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { eachItem } from '../shared/each-item';
import { createImage } from './create-image';
import { properties } from './properties';

export class TrackingPixel implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tracking Pixel',
		name: 'trackingPixel',
		icon: { light: 'file:../../icons/pixel.svg', dark: 'file:../../icons/pixel.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: 'Create image',
		description: 'Turns Base64 into the image that a tracked mail loads',
		defaults: { name: 'Tracking Pixel' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: undefined,
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await eachItem(this, async (item, index) => [createImage(this, item, index)])];
	}
}
