import { NodeOperationError } from 'n8n-workflow';

import { readText } from '../../../shared/fields/check-fields';
import { openHostedTracker } from '../../../shared/installation/hosted-tracker';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';
import { pixelIdProperty } from '../../common/pixel-id';

export const checkHostedStatus: Operation = {
	value: 'checkHosted',
	name: 'Check at Hosted Tracker',
	action: 'Check at hosted tracker whether an email was opened',
	description: 'Ask a tracker elsewhere that speaks the Pixel Tracking API',
	properties: [pixelIdProperty],
	async execute({ node, index }) {
		const pixelId = readText(node, 'pixelId', index);
		const tracker = await openHostedTracker(node, index);
		const status = await tracker.checkPixel(pixelId);
		if ('message' in status) {
			throw new NodeOperationError(
				node.getNode(),
				'The hosted tracker knows no pixel with this Pixel ID',
				{
					itemIndex: index,
					description:
						'Give the pixelId that Tracking Pixel → Create Tracking Link gave out for the hosted tracker',
				},
			);
		}
		return toItems([{ pixelId, ...status }]);
	},
};
