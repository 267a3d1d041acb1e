import { isWithin, TRACKING_MODES, type TrackingMode } from '../../tracking/event/tracking-mode';

/** The form that makes a pixel, as a page shows it. */
export interface NewPixelForm {
	/** Where it is sent, and where the dashboard is, relative to the page */
	action: string;
	dashboardPath: string;
	/** Shows that the form came from a page of ours */
	token: string;
	/** The most that the operator lets a pixel keep */
	ceiling: TrackingMode;
	/** What was typed already */
	values: { name: string; campaignId: string; trackingMode: string };
}

/** What a pixel of each mode keeps of its loads, in the words of the form. */
const MODE_WORDS: Record<Exclude<TrackingMode, 'off'>, string> = {
	aggregate: 'Aggregate: counts only, no recipients',
	hygiene: 'Hygiene: the day of the last open of each recipient, nothing else',
	pseudonymous: 'Pseudonymous: each open to the hour, recipients under a pseudonym',
	identified: 'Identified: each open with recipient, time and email client',
	full: 'Full: also IP address and user agent, as far as this tracker keeps them',
};

/** The name of a mode, as pages write it. */
export function modeName(mode: TrackingMode): string {
	return `${mode[0].toUpperCase()}${mode.slice(1)}`;
}

/** The modes that the form offers: none that keeps more than the operator allows, and not off. */
export function offeredModes(ceiling: TrackingMode): Array<{ value: string; name: string }> {
	const own = TRACKING_MODES.filter((mode) => mode !== 'off' && isWithin(mode, ceiling));
	return [
		{ value: '', name: `As this tracker is set (${modeName(ceiling)})` },
		...own.map((mode) => ({ value: mode, name: MODE_WORDS[mode as keyof typeof MODE_WORDS] })),
	];
}
