import type { NewPixel } from '../../../../src/storage/port/tracking-store';
import type { TrackingMode } from '../../../../src/tracking/event/tracking-mode';
import { readText, textOf } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { trackingModeOptions } from '../../../shared/options/tracking-mode-options';
import { toItems } from '../../common/items';
import { manyItems } from '../../common/many-items';
import type { OperationOnMany } from '../../common/operation';

export const createPixel: OperationOnMany = {
	value: 'create',
	name: 'Create',
	action: 'Create pixel',
	description: 'Make a pixel for one email or one campaign',
	properties: [
		{
			displayName: 'Name',
			name: 'pixelName',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Spring launch',
		},
		{
			displayName: 'Additional Fields',
			name: 'pixelFields',
			type: 'collection',
			placeholder: 'Add field',
			default: {},
			options: [
				locator('campaign', 'campaignId', { id: '' }),
				{
					displayName: 'Tracking Mode',
					name: 'trackingMode',
					type: 'options',
					options: trackingModeOptions,
					default: 'identified',
					description: 'The most a link of this pixel may ask for',
				},
			],
		},
	],
	async executeMany(context) {
		const { node, store } = context;
		return await manyItems(context, {
			fields: createPixel.properties,
			read: (index): NewPixel => {
				const fields = node.getNodeParameter('pixelFields', index, {}) as {
					campaignId?: string;
					trackingMode?: TrackingMode;
				};
				return {
					name: readText(node, 'pixelName', index),
					campaignId: textOf(fields.campaignId) || null,
					trackingMode: fields.trackingMode ?? null,
				};
			},
			run: async (pixels) => {
				const made = await store.createPixels(pixels);
				return made.map((pixel) => toItems([pixel]));
			},
		});
	},
};
