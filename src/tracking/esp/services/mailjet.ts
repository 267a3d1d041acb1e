import { z } from 'zod4';

import {
	type Bounce,
	bounceOf,
	type EspEventName,
	type EspReader,
	idOrNull,
	readPart,
	textOrNull,
	unixMs,
} from './esp-part';

const EVENTS: Readonly<Record<string, EspEventName>> = {
	open: 'open',
	click: 'click',
	bounce: 'bounce',
	blocked: 'bounce',
	spam: 'complaint',
};

const event = z.looseObject({
	event: z.string(),
	time: textOrNull,
	email: textOrNull,
	MessageID: idOrNull,
	Message_GUID: idOrNull,
	CustomID: textOrNull,
	Payload: textOrNull,
	customcampaign: idOrNull,
	mj_campaign_id: idOrNull,
	ip: textOrNull,
	agent: textOrNull,
	url: textOrNull,
	hard_bounce: z.unknown().optional(),
	comment: textOrNull,
});

/**
 * Mailjet event webhook: https://dev.mailjet.com/email/guides/webhooks/
 * Mailjet gives a load no id and no bot label. `MessageID` is larger than a JavaScript number can
 * hold exactly, so `Message_GUID` is taken where it is there. The sender's own values are
 * `CustomID` and, where it is JSON, `Payload`.
 */
export const readMailjet: EspReader = (payload) =>
	readPart(payload, event, (part) => {
		if (!Object.hasOwn(EVENTS, part.event)) return [];
		const messageId = part.Message_GUID ?? part.MessageID;
		return [
			{
				event: EVENTS[part.event],
				identity: [messageId, part.email, part.time],
				occurredAtMs: unixMs(part.time),
				address: part.email,
				messageId,
				campaignId: part.customcampaign ?? part.mj_campaign_id,
				metadata: { CustomID: part.CustomID, ...jsonObject(part.Payload) },
				ip: part.ip,
				userAgent: part.agent,
				url: part.url,
				bounce: bounce(part),
			},
		];
	});

function bounce(part: z.infer<typeof event>): Bounce | null {
	if (EVENTS[part.event] !== 'bounce') return null;
	return bounceOf(typeof part.hard_bounce === 'boolean' ? part.hard_bounce : null, part.comment);
}

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
