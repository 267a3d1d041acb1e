import type { OpenEvent } from '../event/open-event';
import type { ReceiveDeps, ReceiveSettings } from '../receive/receive-types';
import { receiveReportedOpen } from './receive-reported-open';
import type { Bounce, EspEventName } from './services/esp-part';

/** A click, a bounce or a complaint that a service reports, with all that it says. */
export interface ReportedEvent {
	event: Exclude<EspEventName, 'open'>;
	/** A click whole; of the others what they share with it: id, time, recipient, campaign, message */
	as: OpenEvent;
	bounce: Bounce | null;
}

/** What of an `OpenEvent` a bounce and a complaint have as well. */
const OF_DELIVERY = [
	'eventId',
	'occurredAt',
	'recipientId',
	'recipientReason',
	'campaignId',
	'messageId',
] as const;

/** A bounce or a complaint as it may be handed on. */
export type HandedOnDelivery = Pick<OpenEvent, (typeof OF_DELIVERY)[number]> & {
	event: 'bounce' | 'complaint';
	bounce: Bounce | null;
};

export interface ReceivedReport {
	/** `null` when it may not be handed on */
	event: OpenEvent | HandedOnDelivery | null;
	/** Why consent could not be looked up, where it could not */
	lookupError: unknown;
}

/**
 * The rest of the way for what is not stored, but handed on. A click is reading behavior: consent
 * and mode decide as for an open. A bounce and a complaint say nothing about reading. They are needed to stop writing to
 * somebody, so they are only left out for people who were erased.
 *
 * @throws what the lookup of erased people throws, for a bounce or a complaint
 */
export async function receiveReported(
	reported: ReportedEvent,
	settings: Pick<ReceiveSettings, 'mode' | 'consent'>,
	deps: Pick<ReceiveDeps, 'isSuppressed' | 'consentStatus' | 'pseudonym'>,
): Promise<ReceivedReport> {
	const { event, as, bounce } = reported;
	if (event === 'click') {
		const received = await receiveReportedOpen(as, settings, deps);
		return { event: received.event, lookupError: received.lookupError };
	}
	const { recipientId } = as;
	if (recipientId !== null && (await deps.isSuppressed(recipientId))) {
		return { event: null, lookupError: null };
	}
	const shared = Object.fromEntries(OF_DELIVERY.map((name) => [name, as[name]]));
	return { event: { event, ...shared, bounce } as HandedOnDelivery, lookupError: null };
}
