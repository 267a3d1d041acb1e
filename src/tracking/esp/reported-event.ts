import type { OpenEvent } from '../event/open-event';
import type { ReceiveDeps } from '../receive/receive-types';
import type { Bounce, EspEventName } from './services/esp-part';

/** A bounce or a complaint that a service reports, with all that it says. */
export interface ReportedEvent {
	event: Exclude<EspEventName, 'open' | 'click'>;
	/** What it shares with an open: id, time, recipient, campaign, message */
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
	event: ReportedEvent['event'];
	bounce: Bounce | null;
};

/**
 * The rest of the way for what is not stored, but handed on. A bounce and a complaint say nothing
 * about reading. They are needed to stop writing to somebody, so they are only left out for people
 * who were erased.
 *
 * @returns `null` when it may not be handed on
 * @throws what the lookup of erased people throws
 */
export async function receiveReported(
	{ event, as, bounce }: ReportedEvent,
	deps: Pick<ReceiveDeps, 'isSuppressed'>,
): Promise<HandedOnDelivery | null> {
	const { recipientId } = as;
	if (recipientId !== null && (await deps.isSuppressed(recipientId))) return null;
	const shared = Object.fromEntries(OF_DELIVERY.map((name) => [name, as[name]]));
	return { event, ...shared, bounce } as HandedOnDelivery;
}
