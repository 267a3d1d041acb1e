/** What the rates are made of: recipients, and pixels without recipients, that were sent to. */
export interface RateCounts {
	sentRecipients: number;
	/** Those of them with a counted open or click */
	confirmed: number;
	/** Those of them whose only loads are a privacy prefetch */
	hidden: number;
}

/**
 * The three open rates, `confirmed` ≤ `likely` ≤ `possible`. Rates are from 0 to 1; `null` where
 * there is nobody to divide by.
 */
export interface OpenRates {
	/** Recipients that a message was sent to */
	sentRecipients: number;
	/** Sent to, with a counted open or click */
	confirmed: { recipients: number; rate: number | null };
	/** The confirmed of those who can be seen, and the Wilson 95 % interval of that rate */
	likely: { visible: number; rate: number | null; low: number | null; high: number | null };
	/** Confirmed or hidden: more cannot have opened, as far as images are loaded */
	possible: { recipients: number; rate: number | null };
	/** Sent to, and only loaded by a privacy prefetch: whether they read it cannot be seen */
	hidden: { recipients: number; share: number | null };
}

/** The 97.5 % point of the normal distribution. */
const Z_95 = 1.959963984540054;

/** The rates that these counts make. */
export function openRates({ sentRecipients, confirmed, hidden }: RateCounts): OpenRates {
	const visible = sentRecipients - hidden;
	const possible = confirmed + hidden;
	const interval = wilsonInterval(confirmed, visible);
	return {
		sentRecipients,
		confirmed: { recipients: confirmed, rate: share(confirmed, sentRecipients) },
		likely: {
			visible,
			rate: share(confirmed, visible),
			low: interval?.low ?? null,
			high: interval?.high ?? null,
		},
		possible: { recipients: possible, rate: share(possible, sentRecipients) },
		hidden: { recipients: hidden, share: share(hidden, sentRecipients) },
	};
}

/**
 * The score interval of E. B. Wilson for a proportion, at 95 % and without correction for
 * continuity (method 3 of R. G. Newcombe, Statistics in Medicine 17, 1998, pp. 857–872).
 *
 * @returns bounds from 0 to 1; `null` where nobody was counted
 * @example wilsonInterval(81, 263) // { low: 0.2553, high: 0.3662 }
 */
export function wilsonInterval(
	successes: number,
	total: number,
): { low: number; high: number } | null {
	if (total === 0) return null;
	const rate = successes / total;
	const z2 = Z_95 * Z_95;
	const center = rate + z2 / (2 * total);
	const reach = Z_95 * Math.sqrt((rate * (1 - rate) + z2 / (4 * total)) / total);
	const scale = 1 + z2 / total;
	return {
		low: successes === 0 ? 0 : (center - reach) / scale,
		high: successes === total ? 1 : (center + reach) / scale,
	};
}

/**
 * By how much the first of two proportions is higher, with the 95 % interval of R. G. Newcombe
 * (method 10 of Statistics in Medicine 17, 1998, pp. 873–890). Where it holds 0, the difference may
 * be chance.
 *
 * @param one successes and total; the same of `other`
 * @returns from -1 to 1; `null` where one of them has nobody
 * @example rateDifference([56, 70], [48, 80]) // { difference: 0.2, low: 0.0524, high: 0.3339 }
 */
export function rateDifference(
	one: readonly [number, number],
	other: readonly [number, number],
): { difference: number; low: number; high: number } | null {
	const [ofOne, ofOther] = [wilsonInterval(...one), wilsonInterval(...other)];
	if (ofOne === null || ofOther === null) return null;
	const [p, q] = [one[0] / one[1], other[0] / other[1]];
	return {
		difference: p - q,
		low: p - q - Math.hypot(p - ofOne.low, ofOther.high - q),
		high: p - q + Math.hypot(ofOne.high - p, q - ofOther.low),
	};
}

/**
 * The rates as one sentence for people, which names what cannot be seen.
 *
 * @example ratesInWords(openRates({ sentRecipients: 1000, confirmed: 238, hidden: 420 }))
 * // '41 % of the 580 readers who can be seen; 420 use an address that hides it'
 */
export function ratesInWords({ sentRecipients, likely, hidden }: OpenRates): string {
	if (sentRecipients === 0) return 'No message is registered as sent, so there is no rate';
	const { recipients } = hidden;
	const uses = recipients === 1 ? 'uses' : 'use';
	const hide = recipients === 0 ? '' : `${whole(recipients)} ${uses} an address that hides it`;
	if (likely.rate === null) return `No reader can be seen; ${hide}`;
	const seen =
		likely.visible === 1
			? 'the 1 reader who can be seen'
			: `the ${whole(likely.visible)} readers who can be seen`;
	const rate = `${Math.round(100 * likely.rate)} % of ${seen}`;
	return hide === '' ? rate : `${rate}; ${hide}`;
}

/** A count with commas between thousands. */
export function whole(count: number): string {
	return count.toLocaleString('en-US');
}

/** A part of all, from 0 to 1; `null` of nothing. */
export function share(part: number, all: number): number | null {
	return all === 0 ? null : part / all;
}
