import { v7 as uuidv7 } from 'uuid';

import type { OpenEvent } from '../../src/tracking/event/open-event';

/** An open event as the trigger gives it out, with `changes` applied. */
export function openEvent(changes: Partial<OpenEvent> = {}): OpenEvent {
	return {
		eventId: uuidv7(),
		event: 'open',
		occurredAt: '2026-11-20T10:00:00.000Z',
		recipientId: '42',
		recipientReason: null,
		pixelId: null,
		campaignId: 'spring',
		messageId: null,
		trackingMode: 'identified',
		purpose: null,
		actor: 'human',
		actorReason: null,
		rulesVersion: null,
		client: { family: null, os: null, device: null },
		features: [],
		consent: { status: 'unknown', recordId: null, policy: 'objection-honoured' },
		request: { ip: null, userAgent: null, referer: null, acceptLanguage: null },
		viewTimeMs: null,
		viewTimeMeasurable: null,
		...changes,
	};
}
