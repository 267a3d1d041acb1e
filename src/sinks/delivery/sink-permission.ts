import type { OpenEvent } from '../../tracking/event/open-event';
import type { TrackingMode } from '../../tracking/event/tracking-mode';

/** The modes under which an event may name its recipient outside the store. */
const NAMES_RECIPIENT: readonly TrackingMode[] = ['pseudonymous', 'identified', 'full'];

/**
 * Whether an event may be handed to anybody else. `off` leaves nothing behind at all; `aggregate`
 * knows no recipient; `hygiene` keeps one for list cleaning and for nothing else.
 *
 * @returns `null` when it may, else why not, by name
 */
export function whyNotAllowed(event: OpenEvent): string | null {
	const { trackingMode, recipientId } = event;
	if (trackingMode === 'off') {
		return 'trackingMode is off, so nothing may be sent';
	}
	if (recipientId !== null && !NAMES_RECIPIENT.includes(trackingMode)) {
		return `recipientId is set, but trackingMode ${trackingMode} forbids sending one. Put Open Data Minimizer before this step, or record a consent that allows more`;
	}
	return null;
}
