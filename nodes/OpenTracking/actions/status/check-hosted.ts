import { NodeOperationError } from 'n8n-workflow';

import { readText } from '../../../shared/fields/check-fields';
import { openHostedTracker } from '../../../shared/installation/hosted-tracker';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

export const checkHostedStatus: Operation = {
	value: 'checkHosted',
	name: 'Check at Hosted Tracker',
	action: 'Check at hosted tracker whether an email was opened',
	description: 'Ask a tracker elsewhere that speaks the Pixel Tracking API',
	properties: [
		{
			displayName: 'Pixel ID',
			name: 'hostedPixelId',
			type: 'string',
			default: '={{ $json.tracking.pixelId }}',
			required: true,
			placeholder: 'e.g. 7c9e6679-7425-40de-944b-e07fc1f90ae7',
			description: 'The ID that the hosted tracker gave the pixel',
		},
	],
	async execute({ node, index }) {
		const pixelId = readText(node, 'hostedPixelId', index);
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
