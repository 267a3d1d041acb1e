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
	'clicks',
	'machineClicks',
	'uniqueClicks',
	'clickedRecipients',
	'clickRate',
	'openedRecipients',
	'openedAndClicked',
	'clickToOpenRate',
	'clickToOpenLow',
	'clickToOpenHigh',
] as const;

/** One campaign as the values of {@link CAMPAIGN_COLUMNS}. */
export function campaignRow(campaign: CampaignCounts): Array<string | number | null> {
	const { sentRecipients, confirmed, likely, possible, hidden } = campaign.rates;
	const clickToOpen = campaign.clickRates?.clickToOpen;
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
		campaign.clicks,
		campaign.machineClicks,
		campaign.uniqueClicks,
		campaign.clickedOfSent,
		campaign.clickRates?.clicked.rate ?? null,
		clickToOpen?.opened ?? null,
		campaign.openedAndClicked,
		clickToOpen?.rate ?? null,
		clickToOpen?.low ?? null,
		clickToOpen?.high ?? null,
	];
}
