import { z } from 'zod/v4';

import { type EspReader, listOf, NO_CLIENT, readEach, textOrNull, unixMs } from './esp-part';

const event = z.looseObject({
	event: z.string(),
	time: textOrNull,
	email: textOrNull,
	MessageID: textOrNull,
	Message_GUID: textOrNull,
	CustomID: textOrNull,
	Payload: textOrNull,
	customcampaign: textOrNull,
	mj_campaign_id: textOrNull,
	ip: textOrNull,
	agent: textOrNull,
});

/**
 * Mailjet event webhook: https://dev.mailjet.com/email/guides/webhooks/
 * Mailjet gives a load no id and no bot label. `MessageID` is larger than a JavaScript number can
 * hold exactly, so `Message_GUID` is taken where it is there. The sender's own values are
 * `CustomID` and, where it is JSON, `Payload`.
 */
export const readMailjet: EspReader = (payload) =>
	readEach(listOf(payload), event, (part) => {
		if (part.event !== 'open') return null;
		const messageId = part.Message_GUID ?? part.MessageID;
		return {
			vendorId: null,
			identity: [messageId, part.email, part.time],
			occurredAtMs: unixMs(part.time),
			address: part.email,
			messageId,
			campaignId: part.customcampaign ?? part.mj_campaign_id,
			metadata: { CustomID: part.CustomID, ...jsonObject(part.Payload) },
			label: null,
			client: NO_CLIENT,
			ip: part.ip,
			userAgent: part.agent,
		};
	});

/** The object a text holds as JSON, an empty one for any other text. */
export function jsonObject(text: string | null): Record<string, unknown> {
	if (text === null || !text.trim().startsWith('{')) return {};
	try {
		return JSON.parse(text) as Record<string, unknown>;
	} catch {
		// Free text that only looks like JSON holds no values by name.
		return {};
	}
}
