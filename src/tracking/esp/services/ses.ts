import { z } from 'zod4';

import {
	bounceOf,
	type EspPart,
	type EspReader,
	idOrNull,
	isoMs,
	type KnownOfEvent,
	other,
	readPart,
	rejectedPart,
	textOrNull,
} from './esp-part';

const envelope = z.looseObject({
	Type: z.string(),
	MessageId: textOrNull,
	Message: z.string().optional(),
});
const load = z.looseObject({
	timestamp: textOrNull,
	ipAddress: textOrNull,
	userAgent: textOrNull,
	link: textOrNull,
});
const recipients = z
	.array(
		z.looseObject({ emailAddress: textOrNull, diagnosticCode: textOrNull, status: textOrNull }),
	)
	.catch([]);
const feedback = z.looseObject({ timestamp: textOrNull, feedbackId: textOrNull });
const event = z.looseObject({
	// Feedback notifications, the older kind, name their kind in another field.
	eventType: z.string().optional(),
	notificationType: z.string().optional(),
	mail: z.looseObject({
		messageId: idOrNull,
		destination: z.array(z.string()).catch([]),
		tags: z.record(z.string(), z.array(z.string())).catch({}),
	}),
	open: load.optional(),
	click: load.optional(),
	bounce: feedback.extend({ bounceType: textOrNull, bouncedRecipients: recipients }).optional(),
	complaint: feedback.extend({ complainedRecipients: recipients }).optional(),
});
type SesEvent = z.infer<typeof event>;

/**
 * Amazon SES event publishing and feedback notifications:
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
 * Through SNS, wrapped or with raw delivery. The SNS message id is the id of the load; SES itself
 * gives none. An open belongs to the whole message, so with several recipients nobody is named; a
 * bounce names each. The message tag `campaign` is the campaign. What SNS says of itself (a new
 * subscription, its end, that a topic works) is left out.
 */
export const readSes: EspReader = (payload) => {
	const notification = envelope.safeParse(payload);
	if (!notification.success) return readPart(payload, event, (raw) => readEvent(raw, null));
	return readNotification(notification.data);
};

function readNotification({ Type, MessageId, Message }: z.infer<typeof envelope>): EspPart[] {
	if (Type !== 'Notification' || !Message?.trim().startsWith('{')) return [other];
	let message: unknown;
	try {
		message = JSON.parse(Message);
	} catch {
		return [rejectedPart('The message that SNS delivered is not JSON')];
	}
	return readPart(message, event, (part) => readEvent(part, MessageId));
}

function readEvent(part: SesEvent, vendorId: string | null): KnownOfEvent[] {
	const { destination, messageId, tags } = part.mail;
	const ofMail = {
		messageId,
		campaignId: idOrNull.parse(tags.campaign?.[0]),
		metadata: Object.fromEntries(Object.entries(tags).map(([name, values]) => [name, values[0]])),
	};
	const single = destination.length === 1 ? destination[0] : null;
	switch (part.eventType ?? part.notificationType) {
		case 'Open':
			return [
				{ event: 'open', ...ofMail, ...ofLoad(part.open, messageId), vendorId, address: single },
			];
		case 'Click': {
			const { click } = part;
			const known = { ...ofMail, ...ofLoad(click, messageId), vendorId, address: single };
			return [{ event: 'click', ...known, url: click?.link ?? null }];
		}
		case 'Bounce': {
			const { bounce } = part;
			return (bounce?.bouncedRecipients ?? []).map((recipient) => ({
				event: 'bounce',
				...ofMail,
				...ofFeedback(bounce, messageId, recipient.emailAddress),
				bounce: bounceOf(
					bounce?.bounceType === 'Permanent',
					recipient.status,
					recipient.diagnosticCode,
				),
			}));
		}
		case 'Complaint':
			return (part.complaint?.complainedRecipients ?? []).map(({ emailAddress }) => ({
				event: 'complaint',
				...ofMail,
				...ofFeedback(part.complaint, messageId, emailAddress),
			}));
		default:
			return [];
	}
}

function ofLoad(request: z.infer<typeof load> | undefined, messageId: string | null) {
	const time = request?.timestamp ?? null;
	return {
		identity: [messageId, time],
		occurredAtMs: isoMs(time),
		ip: request?.ipAddress ?? null,
		userAgent: request?.userAgent ?? null,
	};
}

/** One feedback names several people, so its id alone does not tell their events apart. */
function ofFeedback(
	sent: z.infer<typeof feedback> | undefined,
	messageId: string | null,
	address: string | null,
) {
	const time = sent?.timestamp ?? null;
	return {
		identity: [messageId, sent?.feedbackId ?? null, address, time],
		occurredAtMs: isoMs(time),
		address,
	};
}
