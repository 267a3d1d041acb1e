import type { IDataObject } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { SegmentRates } from '../../../../src/storage/port/answers-store';
import { clicksInWords } from '../../../../src/tracking/counters/click-rates';
import { ratesInWords } from '../../../../src/tracking/counters/open-rates';
import { DEFAULT_K } from '../../../../src/tracking/minimise/k-anonymity';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

const FEW = `The number is about fewer than ${DEFAULT_K} people, or would tell of fewer than ${DEFAULT_K} others`;

export const getRates: Operation = {
	value: 'getRates',
	name: 'Get Rates',
	action: 'Get open and click rates',
	description:
		'The three open rates, confirmed, likely and possible, and the click rates of a campaign and of its segments',
	properties: [
		locator('campaign', 'ratesCampaignId', {
			description: 'The campaign as in the tracking links of its emails; all together, when empty',
		}),
		{
			displayName: 'By Segment',
			name: 'ratesBySegment',
			type: 'boolean',
			default: false,
			description:
				'Whether to add an item for each segment of the campaign; somebody with several labels stands in each',
		},
	],
	async execute({ node, store, index }) {
		const campaignId = readText(node, 'ratesCampaignId', index) || null;
		const bySegment = node.getNodeParameter('ratesBySegment', index) as boolean;
		const refuse = (message: string, description: string) =>
			new NodeOperationError(node.getNode(), message, { itemIndex: index, description });
		if (campaignId === null) {
			if (bySegment) {
				throw refuse('Campaign ID is empty', 'Rates by segment are those of one campaign');
			}
			const { totals } = await store.getDashboard({ recentOpens: 1 });
			return toItems([item(null, null, totals)]);
		}
		const campaign = await store.getCampaign(campaignId);
		if (campaign === null) {
			throw refuse(
				'There is no campaign with this Campaign ID',
				'Check it: it has to be the one that the tracking links carry, letter by letter',
			);
		}
		const segments = bySegment ? await store.segmentRates(campaignId) : [];
		return toItems([
			item(campaignId, null, campaign),
			...segments.map(({ segment, ...rates }) => item(campaignId, segment, rates)),
		]);
	},
};

function item(
	campaignId: string | null,
	segment: string | null,
	{ rates, clickRates }: Pick<SegmentRates, 'rates' | 'clickRates'>,
): IDataObject {
	if (rates === null) return { campaignId, segment, withheld: true, inWords: FEW };
	return {
		campaignId,
		segment,
		withheld: false,
		inWords: ratesInWords(rates),
		...rates,
		// Nothing of clicks where no link was ever followed: they are most likely not tracked.
		...(clickRates && { ...clickRates, clicksInWords: clicksInWords(clickRates) }),
	};
}
