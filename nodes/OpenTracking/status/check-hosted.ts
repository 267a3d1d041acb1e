import { sleep } from 'n8n-workflow';

import { createHostedTracker } from '../../../src/hosted-tracker';
import { toItems } from '../items';
import type { Operation } from '../operation';
import { pixelIdProperty } from '../pixel/pixel-id';

export const checkHostedStatus: Operation = {
	value: 'checkHosted',
	name: 'Check at Hosted Tracker',
	action: 'Check at hosted tracker whether a mail was opened',
	description: 'Ask a tracker elsewhere that speaks the Pixel Tracking API',
	properties: [pixelIdProperty],
	async execute({ node, index }) {
		const pixelId = node.getNodeParameter('pixelId', index) as string;
		const { baseUrl } = await node.getCredentials<{ baseUrl: string }>(
			'hostedPixelTrackerApi',
			index,
		);
		const status = await createHostedTracker({ baseUrl, sleep }).checkPixel(pixelId);
		return toItems([{ pixelId, ...status }]);
	},
};
