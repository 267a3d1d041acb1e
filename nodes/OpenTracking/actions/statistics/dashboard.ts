import { clicksInWords } from '../../../../src/tracking/counters/click-rates';
import { ratesInWords } from '../../../../src/tracking/counters/open-rates';
import { waitingFolders } from '../../../shared/receive/waiting-opens';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

const CAMPAIGNS = 100;

export const dashboardStatistics: Operation = {
	value: 'dashboard',
	name: 'Dashboard',
	action: 'Get dashboard statistics',
	description:
		'Totals, open and click rates, campaigns and the latest opens; also how many opens wait to be written',
	properties: [
		{
			displayName: 'Recent Opens',
			name: 'recentOpens',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 100 },
			default: 10,
			description: 'How many of the latest opens to include',
		},
	],
	async execute({ node, store, index }) {
		const recentOpens = node.getNodeParameter('recentOpens', index) as number;
		const [dashboard, campaigns, waitingOpens] = await Promise.all([
			store.getDashboard({ recentOpens }),
			store.listCampaigns({ limit: CAMPAIGNS }),
			waitingFolders().report(),
		]);
		const inWords = ratesInWords(dashboard.totals.rates);
		return toItems([
			{
				...dashboard,
				inWords,
				clicksInWords: clicksInWords(dashboard.totals.clickRates),
				campaigns: campaigns.map((campaign) => ({
					...campaign,
					inWords: ratesInWords(campaign.rates),
					clicksInWords: clicksInWords(campaign.clickRates),
				})),
				waitingOpens,
			},
		]);
	},
};
