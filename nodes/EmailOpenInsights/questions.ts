import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { campaignInsight } from '../../src/reports/insights/campaign-insight';
import { changeInsight } from '../../src/reports/insights/change-insight';
import { comparisonInsight } from '../../src/reports/insights/comparison-insight';
import { findCampaigns } from '../../src/reports/insights/found-campaigns';
import { peopleInsight } from '../../src/reports/insights/people-insight';
import { setupInsight } from '../../src/reports/insights/setup-insight';
import { checkSetup } from '../../src/reports/setup-check/check-setup';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { readText } from '../shared/fields/check-fields';
import { locator } from '../shared/fields/locators';
import { instanceBaseUrl } from '../shared/installation/base-url';
import { setupFacts } from '../shared/setup/setup-facts';

/** What an answer is made from. */
interface QuestionContext {
	node: IExecuteFunctions;
	/** Throws while the store is away */
	openStore(): Promise<TrackingStore>;
	index: number;
}

/** One question that the node answers; none of them changes anything. */
export interface Question {
	value: string;
	name: string;
	/** What the node creator lists */
	action: string;
	description: string;
	/** What a model reads before it calls the tool */
	forModel: string;
	/** What it reads about how far an answer goes */
	caveat: string;
	/** Fields that a model fills in, each with what it reads about them */
	asked: Array<{ property: INodeProperties; forModel: string }>;
	/** Fields that stay with the person who sets up the workflow */
	fixed: INodeProperties[];
	answer(context: QuestionContext): Promise<object>;
}

const WHAT_AN_OPEN_IS =
	'An open says that the image in an email was loaded by a person or by a proxy for one; machine loads are left out. It does not prove that anybody read the email, and no open does not mean unread. Pass on the uncertainty that "answer" and "caution" state together with any number. Rates are from 0 to 1, times are UTC. Changes nothing.';

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
		caveat: WHAT_AN_OPEN_IS,
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
		async answer({ node, openStore, index }) {
			const ids = readText(node, 'campaignIds', index).split(',');
			const campaignIds = [...new Set(ids.map((id) => id.trim()).filter((id) => id !== ''))];
			const insight = await comparisonInsight(await openStore(), campaignIds, new Date());
			return known(node, index, insight);
		},
	},
	{
		value: 'findCampaigns',
		name: 'Find Campaigns',
		action: 'Find email campaigns',
		description: 'The IDs of campaigns by a part of the ID or of the name of an email',
		forModel:
			'Finds email campaigns and their IDs by a part of the ID or of the name of one of their emails. Use it first when you only know how a person calls a campaign.',
		caveat: WHAT_AN_OPEN_IS,
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
		async answer({ node, openStore, index }) {
			const search = readText(node, 'search', index);
			return await findCampaigns(await openStore(), search, limitOf(node, index));
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
		caveat: WHAT_AN_OPEN_IS,
		asked: [campaignAsked],
		fixed: [],
		async answer({ node, openStore, index }) {
			const campaignId = readText(node, 'campaignId', index);
			return known(node, index, await campaignInsight(await openStore(), campaignId));
		},
	},
	{
		value: 'setupHealth',
		name: 'Is the Setup Healthy',
		action: 'See whether the setup is healthy',
		description:
			'What is wrong with this installation and what to do: address of links, certificate, proxies, store, keys, clock, published workflows',
		forModel:
			'Says whether open tracking is set up well here, and what to do about what is not: address of links, certificate, lists of ad blockers, proxies, store, signing keys, clock, published workflows. Use it where opens are missing as well.',
		caveat:
			'It does not prove that images load for readers or that emails arrive: pass on what was not checked, and what "caution" says. Times are UTC. Changes nothing.',
		asked: [],
		fixed: [],
		async answer({ node }) {
			const asked = { ownAddress: instanceBaseUrl(node), requestHeaders: null };
			return setupInsight(checkSetup(await setupFacts(node, asked)));
		},
	},
	{
		value: 'whatChanged',
		name: 'What Changed',
		action: 'See what changed in email campaigns',
		description:
			'What is out of the ordinary in the campaigns of the last two weeks: many or few opens, more machines, a mailbox provider where nobody opens, nothing arriving at all',
		forModel:
			'Says what changed: what is out of the ordinary in the email campaigns of the last two weeks, beside those before them. Unusually many or few opens, more machine loads, a mailbox provider where nobody opens, nothing arriving at all.',
		caveat: WHAT_AN_OPEN_IS,
		asked: [],
		fixed: [],
		async answer({ openStore }) {
			return await changeInsight(await openStore(), new Date());
		},
	},
	{
		value: 'whoHasNotOpened',
		name: 'Who Has Not Opened',
		action: 'See who has not opened an email campaign',
		description: 'Recipients that a message was sent to and that have no counted open or click',
		forModel:
			'Lists recipients of one email campaign that a message was sent to and that have no counted open. Those who cannot be seen are counted and not listed.',
		caveat: WHAT_AN_OPEN_IS,
		asked: [campaignAsked],
		fixed: [limit, emailAddresses],
		async answer(context) {
			const { node, index } = context;
			const insight = await people(context, 'notOpened');
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
		caveat: WHAT_AN_OPEN_IS,
		asked: [campaignAsked],
		fixed: [limit, emailAddresses],
		async answer(context) {
			return await people(context, 'opened');
		},
	},
];

async function people({ node, openStore, index }: QuestionContext, state: 'opened' | 'notOpened') {
	const asked = {
		campaignId: readText(node, 'campaignId', index),
		state,
		limit: limitOf(node, index),
		withAddresses: node.getNodeParameter('emailAddresses', index) as boolean,
		now: new Date(),
	};
	return known(node, index, await peopleInsight(await openStore(), asked));
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
