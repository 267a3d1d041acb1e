import { z } from 'zod/v4';

import {
	deviceClass,
	type EspReader,
	family,
	listOf,
	objectOrEmpty,
	readEach,
	textOrNull,
} from './esp-part';

const named = z.looseObject({ Family: textOrNull, Name: textOrNull }).nullish();
const event = z.looseObject({
	RecordType: z.string(),
	MessageID: textOrNull,
	Recipient: textOrNull,
	ReceivedAt: textOrNull,
	Tag: textOrNull,
	Metadata: objectOrEmpty,
	UserAgent: textOrNull,
	Platform: textOrNull,
	Client: named,
	OS: named,
	Geo: z.looseObject({ IP: textOrNull }).nullish(),
});

/**
 * Postmark open webhook: https://postmarkapp.com/developer/webhooks/open-tracking-webhook
 * Postmark gives a load no id of its own and no bot label.
 */
export const readPostmark: EspReader = (payload) =>
	readEach(listOf(payload), event, (part) => {
		if (part.RecordType !== 'Open') return null;
		return {
			vendorId: null,
			identity: [part.MessageID, part.Recipient, part.ReceivedAt],
			occurredAtMs: Date.parse(part.ReceivedAt ?? ''),
			address: part.Recipient,
			messageId: part.MessageID,
			campaignId: part.Tag,
			metadata: part.Metadata,
			label: null,
			client: {
				family: family(part.Client?.Family ?? part.Client?.Name ?? null),
				os: family(part.OS?.Family ?? part.OS?.Name ?? null),
				device: deviceClass(part.Platform),
			},
			ip: part.Geo?.IP ?? null,
			userAgent: part.UserAgent,
		};
	});
