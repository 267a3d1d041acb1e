/** What a number is expected to be, from what it was in comparable cases. */
export interface Expected {
	/** The median of the others */
	middle: number;
	/** One robust standard deviation: 1.4826 times the median distance from the middle */
	spread: number;
}

/** The middle of a list; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const half = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Median and median absolute deviation, which a few odd values among the others do not move. The
 * factor makes the deviation what a standard deviation would be of a normal distribution.
 *
 * @param values at least one
 */
export function expectedFrom(values: readonly number[]): Expected {
	const middle = median(values);
	return { middle, spread: 1.4826 * median(values.map((value) => Math.abs(value - middle))) };
}

/** The chance of at most `seen` events where `mean` are expected (Poisson). */
export function chanceOfAtMost(seen: number, mean: number): number {
	let term = Math.exp(-mean);
	let sum = term;
	for (let count = 1; count <= seen; count++) {
		term *= mean / count;
		sum += term;
	}
	return Math.min(1, sum);
}
