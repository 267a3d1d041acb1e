import type { OpenEvent } from '../../src/tracking/event/open-event';
import { openEvent } from './open-events';

/** A time that samples count from, in milliseconds. */
export const START = Date.UTC(2026, 2, 3, 10, 0, 0);

/** An open event at a time in milliseconds; what is not given is a load of nobody's pixel. */
export function sampleOpen({
	at = START,
	...changes
}: Omit<Partial<OpenEvent>, 'occurredAt'> & { at?: number } = {}): OpenEvent {
	const occurredAt = new Date(at).toISOString();
	return openEvent({ recipientId: null, campaignId: null, ...changes, occurredAt });
}
