/**
 * How much one open may leave behind, from least to most. The order of the list is the order of
 * the modes: `off < aggregate < hygiene < pseudonymous < identified < full`.
 * What each mode stores is in `minimise-mode.ts`.
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

/** Thrown when a link is asked for in a mode that somebody does not allow. */
export class ModeAboveCeilingError extends Error {
	override readonly name = 'ModeAboveCeilingError';

	constructor(
		readonly requested: TrackingMode,
		readonly ceiling: TrackingMode,
		readonly setBy: string,
	) {
		super(
			`Tracking mode "${requested}" was asked for, but ${setBy} allows at most "${ceiling}". ` +
				`Ask for "${ceiling}" or less, or have ${setBy} raised first.`,
		);
	}
}

/**
 * Holds a requested mode to every ceiling at the moment a link is made. A request above a ceiling
 * is an error and not a silent cut: the sender has to know that the campaign cannot report what
 * they expect. When a pixel is asked for, use `lowestMode` instead, which can only lower.
 *
 * @param ceilings who allows how much, for example `{ 'the operator': 'identified' }`
 * @throws ModeAboveCeilingError that names the strictest ceiling that was broken
 */
export function assertWithinCeiling(
	requested: TrackingMode,
	ceilings: Readonly<Record<string, TrackingMode | null | undefined>>,
): void {
	let broken: { setBy: string; ceiling: TrackingMode } | null = null;
	for (const [setBy, ceiling] of Object.entries(ceilings)) {
		if (!ceiling || isWithin(requested, ceiling)) continue;
		if (!broken || isWithin(ceiling, broken.ceiling)) broken = { setBy, ceiling };
	}
	if (broken) throw new ModeAboveCeilingError(requested, broken.ceiling, broken.setBy);
}
