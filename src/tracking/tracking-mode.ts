/**
 * How much one open may leave behind, from least to most. The order of the list is the order of
 * the modes: `off < aggregate < hygiene < pseudonymous < identified < full`.
 */
export const TRACKING_MODES = [
	'off',
	'aggregate',
	'hygiene',
	'pseudonymous',
	'identified',
	'full',
] as const;

export type TrackingMode = (typeof TRACKING_MODES)[number];

/** Whether `mode` asks for no more than `ceiling` allows. */
export function isWithin(mode: TrackingMode, ceiling: TrackingMode): boolean {
	return TRACKING_MODES.indexOf(mode) <= TRACKING_MODES.indexOf(ceiling);
}

/**
 * The effective mode: the least of what operator, campaign, consent and token allow.
 *
 * @param limits `null` or `undefined` stands for "has no opinion" and limits nothing
 * @returns `full` when nobody has an opinion
 * @example lowestMode(['full', 'identified', null]) // 'identified'
 */
export function lowestMode(limits: ReadonlyArray<TrackingMode | null | undefined>): TrackingMode {
	let lowest: TrackingMode = 'full';
	for (const limit of limits) {
		if (limit && isWithin(limit, lowest)) lowest = limit;
	}
	return lowest;
}
