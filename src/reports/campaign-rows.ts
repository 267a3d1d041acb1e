import type { CampaignCounts } from '../storage/port/counts';

/** The columns of an export of campaigns; rates are from 0 to 1. */
export const CAMPAIGN_COLUMNS = [
	'campaignId',
	'sentRecipients',
	'confirmedRecipients',
	'confirmedRate',
	'likelyRate',
	'likelyLow',
	'likelyHigh',
	'possibleRecipients',
	'possibleRate',
	'hiddenRecipients',
	'hiddenShare',
	'opens',
	'uniqueOpens',
	'machineOpens',
	'firstSentAt',
	'firstOpenAt',
	'lastOpenAt',
] as const;

/** One campaign as the values of {@link CAMPAIGN_COLUMNS}. */
export function campaignRow(campaign: CampaignCounts): Array<string | number | null> {
	const { sentRecipients, confirmed, likely, possible, hidden } = campaign.rates;
	return [
		campaign.campaignId,
		sentRecipients,
		confirmed.recipients,
		confirmed.rate,
		likely.rate,
		likely.low,
		likely.high,
		possible.recipients,
		possible.rate,
		hidden.recipients,
		hidden.share,
		campaign.opens,
		campaign.uniqueOpens,
		campaign.machineOpens,
		campaign.firstSentAt,
		campaign.firstOpenAt,
		campaign.lastOpenAt,
	];
}
