import { ratesInWords, whole, type OpenRates } from '../../tracking/counters/open-rates';

/** What an open is and is not. Stands beside every answer, since whoever reads it passes it on. */
export const CAUTION =
	'An open says that the image in an email was loaded, not that anybody read it. Many email clients load no images, so no open does not mean unread.';

/** The three open rates with everything that limits them, flat; shares are from 0 to 1. */
export interface InsightRates {
	sentRecipients: number;
	confirmed: number;
	confirmedRate: number | null;
	likelyRate: number | null;
	/** The 95 % interval of the likely rate */
	likelyLow: number | null;
	likelyHigh: number | null;
	possibleRate: number | null;
	/** Recipients whose address hides whether they opened */
	hidden: number;
	hiddenShare: number | null;
}

/** The rates in the form of an answer, with three digits. */
export function insightRates(rates: OpenRates): InsightRates {
	const { sentRecipients, confirmed, likely, possible, hidden } = rates;
	return {
		sentRecipients,
		confirmed: confirmed.recipients,
		confirmedRate: rounded(confirmed.rate),
		likelyRate: rounded(likely.rate),
		likelyLow: rounded(likely.low),
		likelyHigh: rounded(likely.high),
		possibleRate: rounded(possible.rate),
		hidden: hidden.recipients,
		hiddenShare: rounded(hidden.share),
	};
}

/**
 * The open rate in sentences that say how sure it is.
 *
 * @example ratesWithDoubt(openRates({ sentRecipients: 1000, confirmed: 238, hidden: 420 }))
 * // 'Open rate: 41 % of the 580 readers who can be seen; 420 use an address that hides it. The 95 %
 * // interval is 37 to 45 %. Of all 1,000 recipients, 24 % are confirmed and 66 % possible.'
 */
export function ratesWithDoubt(rates: OpenRates): string {
	const { sentRecipients, confirmed, likely, possible } = rates;
	const words = ratesInWords(rates);
	if (sentRecipients === 0) return `${words}.`;
	const rate = likely.rate === null ? words : `Open rate: ${words}`;
	const range =
		likely.low === null
			? ''
			: ` The 95 % interval is ${Math.round(100 * likely.low)} to ${percent(likely.high)}.`;
	const recipients = `${whole(sentRecipients)} ${sentRecipients === 1 ? 'recipient' : 'recipients'}`;
	return `${rate}.${range} Of all ${recipients}, ${percent(confirmed.rate)} are confirmed and ${percent(possible.rate)} possible.`;
}

/** A share from 0 to 1 with three digits. */
export function rounded(share: number | null): number | null {
	return share === null ? null : Math.round(share * 1000) / 1000;
}

/** A share from 0 to 1 as whole percent. */
export function percent(share: number | null): string {
	return share === null ? 'unknown' : `${Math.round(100 * share)} %`;
}
