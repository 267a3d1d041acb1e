import { share, whole, wilsonInterval } from './open-rates';

/** What the click rates are made of. */
export interface ClickCounts {
	/** Clicks of any kind, by people and machines */
	clicks: number;
	machineClicks: number;
	/** Recipients that a message was sent to, and those of them with a counted click */
	sentRecipients: number;
	clickedOfSent: number;
	/** Recipients with a counted open, and those of them with a counted click as well */
	opened: number;
	openedAndClicked: number;
}

/** Two rates from 0 to 1, each beside what it is of; `null` where there is nobody to divide by. */
export interface ClickRates {
	/** Of the recipients that a message was sent to, those with a counted click */
	clicked: { recipients: number; sentRecipients: number; rate: number | null };
	/**
	 * Of the recipients with a counted open, those with a counted click as well, and the Wilson 95 %
	 * interval of that rate. Whoever clicks without an open stays out of it on both sides: among those
	 * whose opens cannot be seen, only the ones who click would come in, and the rate would rise
	 * with every address that hides opens.
	 */
	clickToOpen: {
		recipients: number;
		opened: number;
		rate: number | null;
		low: number | null;
		high: number | null;
	};
}

/**
 * The rates that these counts make; `null` where no link was ever followed. Then links are most
 * likely not tracked, and 0 % would say what nobody measured.
 */
export function clickRates(counts: ClickCounts): ClickRates | null {
	const { clicks, machineClicks, sentRecipients, clickedOfSent, opened, openedAndClicked } = counts;
	if (clicks + machineClicks === 0) return null;
	const interval = wilsonInterval(openedAndClicked, opened);
	return {
		clicked: {
			recipients: clickedOfSent,
			sentRecipients,
			rate: share(clickedOfSent, sentRecipients),
		},
		clickToOpen: {
			recipients: openedAndClicked,
			opened,
			rate: share(openedAndClicked, opened),
			low: interval?.low ?? null,
			high: interval?.high ?? null,
		},
	};
}

/**
 * The rates as one sentence for people.
 *
 * @example clicksInWords(clickRates(counts)) // '44 of 1,000 recipients clicked (4.4 %); of the 238 with a counted open, 17 % clicked as well'
 */
export function clicksInWords(rates: ClickRates | null): string {
	if (rates === null) return 'No link was followed, so there is no click rate';
	const { clicked, clickToOpen } = rates;
	const ofSent =
		clicked.rate === null
			? 'No message is registered as sent, so there is no click rate'
			: `${whole(clicked.recipients)} of ${whole(clicked.sentRecipients)} recipients clicked (${percent(clicked.rate)})`;
	if (clickToOpen.rate === null) return ofSent;
	return `${ofSent}; of the ${whole(clickToOpen.opened)} with a counted open, ${percent(clickToOpen.rate)} clicked as well`;
}

/** Click rates are small, so one digit more than of open rates where that says something. */
function percent(rate: number): string {
	const value = rate * 100;
	return `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)} %`;
}
