import {
	anomaliesInsight,
	sentCampaigns,
	USUAL_OTHERS,
} from '../../../../src/reports/insights/anomalies-insight';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

export const checkAnomalies: Operation = {
	value: 'checkAnomalies',
	name: 'Check for Anomalies',
	action: 'Check campaigns for anomalies',
	description:
		'Compare the campaigns of the last two weeks with those before them: unusually many or few opens, more machines, a mailbox provider where nobody opens, nothing arriving at all',
	properties: [
		{
			displayName: 'Compare With',
			name: 'anomalyOthers',
			type: 'number',
			typeOptions: { minValue: 5, maxValue: 100 },
			default: USUAL_OTHERS,
			description: 'How many campaigns before each one say what is usual',
		},
	],
	async execute({ node, store, index }) {
		const others = node.getNodeParameter('anomalyOthers', index) as number;
		const now = new Date();
		const insight = await anomaliesInsight(store, await sentCampaigns(store), now, others);
		return toItems([{ checkedAt: now.toISOString(), found: insight.anomalies.length, ...insight }]);
	},
};
