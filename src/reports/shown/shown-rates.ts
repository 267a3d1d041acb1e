import type { OpenRates } from '../../tracking/counters/open-rates';
import { shownCount, shownShare } from './shown-open';

/** The three open rates as figures; what they leave open stands beside them, never one alone. */
export function rateFacts({ sentRecipients, confirmed, likely, possible, hidden }: OpenRates) {
	if (sentRecipients === 0) return [];
	return [
		{
			label: 'Confirmed',
			value: shownShare(confirmed.rate),
			note: `${shownCount(confirmed.recipients)} of ${shownCount(sentRecipients)} recipients opened`,
		},
		{
			label: 'Likely',
			value: shownShare(likely.rate),
			note:
				likely.rate === null
					? 'nobody can be seen'
					: `${intervalText({ likely })}, of the ${shownCount(likely.visible)} who can be seen`,
		},
		{
			label: 'Possible',
			value: shownShare(possible.rate),
			note:
				hidden.recipients === 0
					? 'everybody can be seen'
					: `with the ${shownCount(hidden.recipients)} who cannot be seen`,
		},
	];
}

/** Between what the likely rate lies with 95 % confidence; empty without a rate. */
export function intervalText({
	likely: { low, high },
}: {
	likely: Pick<OpenRates['likely'], 'low' | 'high'>;
}): string {
	if (low === null || high === null) return '';
	return `${Math.round(low * 100)} to ${Math.round(high * 100)} %`;
}
