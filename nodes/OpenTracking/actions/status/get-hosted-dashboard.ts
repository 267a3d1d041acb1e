import { createHostedTracker } from '../../../../src/api/hosted-tracker';
import { toItems } from '../../common/items';
import type { OperationWithOwnStore } from '../../common/operation';

export const getHostedDashboard: OperationWithOwnStore = {
	value: 'getHostedDashboard',
	name: 'Get Dashboard of Hosted Tracker',
	action: 'Get dashboard of hosted tracker',
	description:
		'Read totals, open rate, average view time and recent activity of a tracker elsewhere',
	properties: [],
	async executeAlone({ node, index }) {
		const { baseUrl } = await node.getCredentials<{ baseUrl: string }>(
			'hostedPixelTrackerApi',
			index,
		);
		return toItems([await createHostedTracker({ baseUrl }).getDashboard()]);
	},
};
