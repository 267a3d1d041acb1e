import { z } from 'zod4';

import {
	bounceOf,
	deviceClass,
	type EspEventName,
	type EspReader,
	family,
	idOrNull,
	isoMs,
	objectOrEmpty,
	readPart,
	textOrNull,
} from './esp-part';

const EVENTS: Readonly<Record<string, EspEventName>> = {
	Open: 'open',
	Click: 'click',
	Bounce: 'bounce',
	SpamComplaint: 'complaint',
};
/** Kinds of bounces after which the email may still arrive, or the next one. */
const PASSING = ['SoftBounce', 'Transient', 'AutoResponder', 'DnsError', 'AddressChange'];

const named = z.looseObject({ Family: textOrNull, Name: textOrNull }).nullish();
const event = z.looseObject({
	RecordType: z.string(),
	ID: textOrNull,
	MessageID: idOrNull,
	Recipient: textOrNull,
	Email: textOrNull,
	ReceivedAt: textOrNull,
	BouncedAt: textOrNull,
	Tag: idOrNull,
	OriginalLink: textOrNull,
	Type: textOrNull,
	Details: textOrNull,
	Metadata: objectOrEmpty,
	UserAgent: textOrNull,
	Platform: textOrNull,
	Client: named,
	OS: named,
	Geo: z.looseObject({ IP: textOrNull }).nullish(),
});

/**
 * Postmark open webhook: https://postmarkapp.com/developer/webhooks/open-tracking-webhook
 * Postmark gives a load no id of its own and no bot label; bounces and complaints have an id.
 */
export const readPostmark: EspReader = (payload) =>
	readPart(payload, event, (part) => {
		if (!Object.hasOwn(EVENTS, part.RecordType)) return [];
		const name = EVENTS[part.RecordType];
		const address = part.Recipient ?? part.Email;
		const time = part.ReceivedAt ?? part.BouncedAt;
		return [
			{
				event: name,
				vendorId: part.ID,
				identity: [part.MessageID, address, time],
				occurredAtMs: isoMs(time),
				address,
				messageId: part.MessageID,
				campaignId: part.Tag,
				metadata: part.Metadata,
				client: {
					family: family(part.Client?.Family ?? part.Client?.Name ?? null),
					os: family(part.OS?.Family ?? part.OS?.Name ?? null),
					device: deviceClass(part.Platform),
				},
				ip: part.Geo?.IP ?? null,
				userAgent: part.UserAgent,
				url: part.OriginalLink,
				bounce:
					name === 'bounce'
						? bounceOf(part.Type !== null && !PASSING.includes(part.Type), part.Details)
						: null,
			},
		];
	});
