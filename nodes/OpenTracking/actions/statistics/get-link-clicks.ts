import { NodeOperationError } from 'n8n-workflow';

import { reasonsInWords } from '../../../../src/reports/shown/shown-clicks';
import { readText } from '../../../shared/fields/check-fields';
import { locator } from '../../../shared/fields/locators';
import { toItems } from '../../common/items';
import type { Operation } from '../../common/operation';

const NONE =
	'No link was followed. Links are followed where Tracking Pixel → Track Links in HTML changed them, and an Email Open Trigger or collector that records clicks is published.';

export const getLinkClicks: Operation = {
	value: 'getLinkClicks',
	name: 'Get Link Clicks',
	action: 'Get clicks of links',
	description:
		'How often each tracked link of a campaign or a pixel was followed, by how many people, and apart from them by machines',
	properties: [
		{
			displayName: 'Links Of',
			name: 'linksOf',
			type: 'options',
			options: [
				{ name: 'Campaign', value: 'campaign' },
				{ name: 'Pixel', value: 'pixel' },
			],
			default: 'campaign',
		},
		locator('campaign', 'linksCampaignId', {
			required: true,
			description: 'The campaign as in the tracked links of its emails',
			displayOptions: { show: { linksOf: ['campaign'] } },
		}),
		locator('pixel', 'linksPixelId', {
			required: true,
			description: 'The pixel whose emails the links are in',
			displayOptions: { show: { linksOf: ['pixel'] } },
		}),
	],
	async execute({ node, store, index }) {
		const ofCampaign = node.getNodeParameter('linksOf', index) === 'campaign';
		const id = readText(node, ofCampaign ? 'linksCampaignId' : 'linksPixelId', index);
		const place = ofCampaign ? { campaignId: id } : { pixelId: id };
		// A tracking link has a pixel ID of its own, which has counters from its first load.
		const known = ofCampaign ? await store.getCampaign(id) : await store.getStatus({ pixelId: id });
		if (known === null) {
			const [what, name] = ofCampaign ? ['campaign', 'Campaign ID'] : ['pixel', 'Pixel ID'];
			throw new NodeOperationError(node.getNode(), `There is no ${what} with this ${name}`, {
				itemIndex: index,
				description:
					'Check it: it has to be the one that the links in the email carry, letter by letter',
			});
		}
		const links = await store.listLinkClicks(place);
		if (links.length === 0) node.addExecutionHints({ message: NONE });
		return toItems(
			links.map(({ machineReasons, ...link }) => ({
				...place,
				...link,
				machinesInWords: reasonsInWords(machineReasons),
			})),
		);
	},
};
