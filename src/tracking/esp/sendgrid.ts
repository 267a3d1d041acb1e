import { z } from 'zod/v4';

import {
	type EspReader,
	firstText,
	listOf,
	NO_CLIENT,
	readEach,
	textOrNull,
	unixMs,
} from './esp-part';

const event = z.looseObject({
	event: z.string(),
	timestamp: textOrNull,
	email: textOrNull,
	sg_event_id: textOrNull,
	sg_message_id: textOrNull,
	sg_machine_open: z.unknown(),
	singlesend_id: textOrNull,
	marketing_campaign_id: textOrNull,
	category: firstText,
	useragent: textOrNull,
	ip: textOrNull,
});

/**
 * SendGrid Event Webhook:
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#open
 * `sg_machine_open` marks loads by Apple's privacy prefetch. Unique arguments are fields of the
 * event itself. Of `sg_message_id` only the part before the first dot is what sending answered.
 */
export const readSendGrid: EspReader = (payload) =>
	readEach(listOf(payload), event, (part) => {
		if (part.event !== 'open') return null;
		return {
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
			client: NO_CLIENT,
			ip: part.ip,
			userAgent: part.useragent,
		};
	});
