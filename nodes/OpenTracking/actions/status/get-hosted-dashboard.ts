import { openHostedTracker } from '../../../shared/installation/hosted-tracker';
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
		const tracker = await openHostedTracker(node, index);
		return toItems([await tracker.getDashboard()]);
	},
};
