import type { OpenEvent } from '../../src/tracking/open-event';

/** A time in 2026 that samples count from, in milliseconds. */
export const START = Date.UTC(2026, 2, 3, 10, 0, 0);

let serial = 0;

/** An open event; what is not given is a human load of nobody's pixel. */
export function sampleOpen(
	changes: Omit<Partial<OpenEvent>, 'occurredAt'> & { at?: number } = {},
): OpenEvent {
	const { at = START, ...fields } = changes;
	serial += 1;
	return {
		eventId: `event-${serial}`,
		event: 'open',
		occurredAt: new Date(at).toISOString(),
		recipientId: null,
		recipientReason: null,
		pixelId: null,
		campaignId: null,
		messageId: null,
		trackingMode: 'identified',
		purpose: null,
		actor: 'human',
		actorReason: null,
		rulesVersion: null,
		client: { family: null, os: null, device: null },
		features: [],
		consent: { status: null, recordId: null, policy: null },
		request: { ip: null, userAgent: null, referer: null, acceptLanguage: null },
		...fields,
	};
}
