import { z } from 'zod4';

import {
	bounceOf,
	type EspEventName,
	type EspReader,
	firstText,
	idOrNull,
	readPart,
	textOrNull,
	unixMs,
} from './esp-part';

const EVENTS: Readonly<Record<string, EspEventName>> = {
	open: 'open',
	click: 'click',
	bounce: 'bounce',
	spamreport: 'complaint',
};

const event = z.looseObject({
	event: z.string(),
	timestamp: textOrNull,
	email: textOrNull,
	sg_event_id: textOrNull,
	sg_message_id: idOrNull,
	sg_machine_open: z.unknown().optional(),
	singlesend_id: idOrNull,
	marketing_campaign_id: idOrNull,
	category: firstText,
	useragent: textOrNull,
	ip: textOrNull,
	url: textOrNull,
	type: textOrNull,
	status: textOrNull,
	reason: textOrNull,
});

/**
 * SendGrid Event Webhook:
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#open
 * `sg_machine_open` marks loads by Apple's privacy prefetch. Unique arguments are fields of the
 * event itself. Of `sg_message_id` only the part before the first dot is what sending answered.
 */
export const readSendGrid: EspReader = (payload) =>
	readPart(payload, event, (part) => {
		if (!Object.hasOwn(EVENTS, part.event)) return [];
		const name = EVENTS[part.event];
		return [
			{
				event: name,
				vendorId: part.sg_event_id,
				identity: [part.sg_message_id, part.email, part.timestamp],
				occurredAtMs: unixMs(part.timestamp),
				address: part.email,
				messageId: part.sg_message_id?.split('.')[0] ?? null,
				campaignId: part.singlesend_id ?? part.marketing_campaign_id ?? part.category,
				metadata: part,
				label:
					part.sg_machine_open === true
						? { actor: 'prefetch', code: 'esp:sendgrid-machine-open' }
						: null,
				ip: part.ip,
				userAgent: part.useragent,
				url: part.url,
				bounce:
					name === 'bounce' ? bounceOf(part.type !== 'blocked', part.status, part.reason) : null,
			},
		];
	});
