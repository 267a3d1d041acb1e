import { z } from 'zod/v4';

import {
	type EspOpen,
	type EspPart,
	type EspReader,
	listOf,
	NO_CLIENT,
	readEach,
	rejectedPart,
	textOrNull,
} from './esp-part';

const envelope = z.looseObject({
	Type: z.string(),
	MessageId: textOrNull,
	Message: z.string().optional(),
});
const event = z.looseObject({
	eventType: z.string(),
	mail: z.looseObject({
		messageId: textOrNull,
		destination: z.array(z.string()).catch([]),
		tags: z.record(z.string(), z.array(z.string())).catch({}),
	}),
	open: z
		.looseObject({ timestamp: textOrNull, ipAddress: textOrNull, userAgent: textOrNull })
		.optional(),
});

/**
 * Amazon SES event publishing:
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html#event-publishing-retrieving-sns-open
 * Through SNS, wrapped or with raw delivery. The SNS message id is the id of the load; SES itself
 * gives none. An open belongs to the whole message, so with several recipients nobody is named.
 * The message tag `campaign` is the campaign.
 */
export const readSes: EspReader = (payload) =>
	listOf(payload).flatMap((part) => {
		const notification = envelope.safeParse(part);
		if (!notification.success) return readEach([part], event, (raw) => readEvent(raw, null));
		return readNotification(notification.data);
	});

function readNotification(notification: z.infer<typeof envelope>): EspPart[] {
	if (notification.Type !== 'Notification') {
		return [
			rejectedPart(
				`SNS sent ${notification.Type}, not an event. Open its SubscribeURL once to switch the webhook on`,
			),
		];
	}
	let message: unknown;
	try {
		message = JSON.parse(notification.Message ?? '');
	} catch {
		return [rejectedPart('The message that SNS delivered is not JSON')];
	}
	return readEach([message], event, (part) => readEvent(part, notification.MessageId));
}

function readEvent(part: z.infer<typeof event>, vendorId: string | null): EspOpen | null {
	if (part.eventType !== 'Open') return null;
	const { destination, messageId, tags } = part.mail;
	return {
		vendorId,
		identity: [messageId, part.open?.timestamp ?? null],
		occurredAtMs: Date.parse(part.open?.timestamp ?? ''),
		address: destination.length === 1 ? destination[0] : null,
		messageId,
		campaignId: tags.campaign?.[0] ?? null,
		metadata: Object.fromEntries(Object.entries(tags).map(([name, values]) => [name, values[0]])),
		label: null,
		client: NO_CLIENT,
		ip: part.open?.ipAddress ?? null,
		userAgent: part.open?.userAgent ?? null,
	};
}
