import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { campaignInsight } from '../../src/reports/insights/campaign-insight';
import { comparisonInsight } from '../../src/reports/insights/comparison-insight';
import { findCampaigns } from '../../src/reports/insights/found-campaigns';
import { peopleInsight } from '../../src/reports/insights/people-insight';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { readText } from '../shared/fields/check-fields';
import { locator } from '../shared/fields/locators';

/** What an answer is made from. */
interface QuestionContext {
	node: IExecuteFunctions;
	store: TrackingStore;
	index: number;
}

/** One question that the node answers; none of them changes anything. */
export interface Question {
	value: string;
	name: string;
	/** What the node creator lists */
	action: string;
	description: string;
	/** What a model reads before it calls the tool, besides what an open is */
	forModel: string;
	/** Fields that a model fills in, each with what it reads about them */
	asked: Array<{ property: INodeProperties; forModel: string }>;
	/** Fields that stay with the person who sets up the workflow */
	fixed: INodeProperties[];
	answer(context: QuestionContext): Promise<object>;
}

const campaignAsked = {
	property: locator('campaign', 'campaignId', {
		required: true,
		description: 'The campaign as in the tracking links of its emails',
	}),
	forModel: 'ID of the campaign, letter by letter; not its title',
};

const limit: INodeProperties = {
	displayName: 'Limit',
	name: 'limit',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 1000 },
	default: 50,
	description: 'Max number of results to return',
};

const emailAddresses: INodeProperties = {
	displayName: 'Include Email Addresses',
	name: 'emailAddresses',
	type: 'boolean',
	default: false,
	description:
		'Whether the answer holds addresses beside recipient IDs. An AI agent sends it to whoever runs its model.',
};

export const QUESTIONS: Question[] = [
	{
		value: 'compareCampaigns',
		name: 'Compare Campaigns',
		action: 'Compare email campaigns',
		description: 'Two to four campaigns at the same age, and which differences may be chance',
		forModel:
			'Compares the open rates of two to four email campaigns at the same age after sending, and says which differences may be chance.',
		asked: [
			{
				property: {
					displayName: 'Campaign IDs',
					name: 'campaignIds',
					type: 'string',
					default: '',
					required: true,
					placeholder: 'e.g. spring-launch, newsletter',
					description: 'Two to four, separated by commas',
				},
				forModel: 'Two to four campaign IDs, separated by commas',
			},
		],
		fixed: [],
		async answer({ node, store, index }) {
			const ids = readText(node, 'campaignIds', index).split(',');
			const campaignIds = [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ''))];
			return known(node, index, await comparisonInsight(store, campaignIds, new Date()));
		},
	},
	{
		value: 'findCampaigns',
		name: 'Find Campaigns',
		action: 'Find email campaigns',
		description: 'The IDs of campaigns by a part of the ID or of the name of an email',
		forModel:
			'Finds email campaigns and their IDs by a part of the ID or of the name of one of their emails. Use it first when you only know how a person calls a campaign.',
		asked: [
			{
				property: {
					displayName: 'Search Text',
					name: 'search',
					type: 'string',
					default: '',
					placeholder: 'e.g. launch',
					description: 'A part of the ID or of the name of an email; all campaigns, when empty',
				},
				forModel: 'A part of the campaign ID or of an email name; empty text lists all campaigns',
			},
		],
		fixed: [limit],
		async answer({ node, store, index }) {
			return await findCampaigns(store, readText(node, 'search', index), limitOf(node, index));
		},
	},
	{
		value: 'campaignRates',
		name: 'How Is a Campaign Doing',
		action: 'See how an email campaign is doing',
		description:
			'Open and click rates of a campaign with their uncertainty, links, segments and machine loads',
		forModel:
			'Says how one email campaign is doing and how sure that is: three open rates (confirmed, likely with its 95 % interval, possible), click rates and links where links are tracked, loads by machines, rates by segment and by mailbox provider.',
		asked: [campaignAsked],
		fixed: [],
		async answer({ node, store, index }) {
			const insight = await campaignInsight(store, readText(node, 'campaignId', index));
			return known(node, index, insight);
		},
	},
	{
		value: 'whoHasNotOpened',
		name: 'Who Has Not Opened',
		action: 'See who has not opened an email campaign',
		description: 'Recipients that a message was sent to and that have no counted open or click',
		forModel:
			'Lists recipients of one email campaign that a message was sent to and that have no counted open. Those who cannot be seen are counted and not listed.',
		asked: [campaignAsked],
		fixed: [limit, emailAddresses],
		async answer({ node, store, index }) {
			const insight = known(node, index, await people(node, store, index, 'notOpened'));
			if (insight.rates.sentRecipients > 0) return insight;
			throw new NodeOperationError(
				node.getNode(),
				'No message of this campaign is registered as sent to a recipient, so nobody can be said not to have opened',
				{
					itemIndex: index,
					description:
						'Register each message with Open Tracking → Recipient → Register Sent once it has left. In the tracking modes Aggregate and Hygiene recipients are not noted.',
				},
			);
		},
	},
	{
		value: 'whoOpened',
		name: 'Who Opened',
		action: 'See who opened an email campaign',
		description: 'Recipients with a counted open or click, the latest first',
		forModel:
			'Lists recipients who opened one email campaign, the latest first, with how often and when, and the open rate with its uncertainty.',
		asked: [campaignAsked],
		fixed: [limit, emailAddresses],
		async answer({ node, store, index }) {
			return known(node, index, await people(node, store, index, 'opened'));
		},
	},
];

async function people(
	node: IExecuteFunctions,
	store: TrackingStore,
	index: number,
	state: 'opened' | 'notOpened',
) {
	return await peopleInsight(store, {
		campaignId: readText(node, 'campaignId', index),
		state,
		limit: limitOf(node, index),
		withAddresses: node.getNodeParameter('emailAddresses', index) as boolean,
		now: new Date(),
	});
}

function limitOf(node: IExecuteFunctions, index: number): number {
	return Number(node.getNodeParameter(limit.name, index));
}

/** An answer about a campaign that there is. */
function known<Answer>(node: IExecuteFunctions, index: number, answer: Answer | null): Answer {
	if (answer !== null) return answer;
	// A model that calls the tool is told the message alone.
	const message = 'There is no campaign with this ID. Find Campaigns looks it up';
	throw new NodeOperationError(node.getNode(), message, {
		itemIndex: index,
		description: 'It has to be the one that the tracking links carry, letter by letter',
	});
}
