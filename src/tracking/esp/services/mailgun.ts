import { z } from 'zod4';

import {
	bounceOf,
	deviceClass,
	type EspEvent,
	type EspEventName,
	type EspReader,
	family,
	firstText,
	idOrNull,
	objectOrEmpty,
	readPart,
	textOrNull,
	unixMs,
} from './esp-part';

const EVENTS: Readonly<Record<string, EspEventName>> = {
	opened: 'open',
	clicked: 'click',
	failed: 'bounce',
	complained: 'complaint',
};

const event = z.looseObject({
	event: z.string(),
	id: textOrNull,
	timestamp: textOrNull,
	recipient: textOrNull,
	ip: textOrNull,
	tags: firstText,
	'user-variables': objectOrEmpty,
	'client-info': z
		.looseObject({
			'client-name': textOrNull,
			'client-os': textOrNull,
			'device-type': textOrNull,
			'user-agent': textOrNull,
			bot: textOrNull,
		})
		.nullish(),
	message: z.looseObject({ headers: z.looseObject({ 'message-id': idOrNull }) }).nullish(),
	url: textOrNull,
	severity: textOrNull,
	'delivery-status': z
		.looseObject({ 'enhanced-code': textOrNull, message: textOrNull })
		.nullish()
		.catch(null),
});

/**
 * Mailgun webhooks: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks
 * and its bot labels:
 * https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/open-click-bot-detect
 * Also takes items of its Events API, which are the same without the envelope.
 */
export const readMailgun: EspReader = (payload) =>
	readPart(withoutEnvelope(payload), event, (part) => {
		if (!Object.hasOwn(EVENTS, part.event)) return [];
		const name = EVENTS[part.event];
		const client = part['client-info'];
		const userAgent = client?.['user-agent'] ?? null;
		const messageId = part.message?.headers['message-id'] ?? null;
		const status = part['delivery-status'];
		return [
			{
				event: name,
				vendorId: part.id,
				identity: [messageId, part.recipient, part.timestamp],
				occurredAtMs: unixMs(part.timestamp),
				address: part.recipient,
				messageId,
				campaignId: part.tags,
				metadata: part['user-variables'],
				label: label(client?.bot ?? null, userAgent),
				client: {
					family: family(client?.['client-name'] ?? null),
					os: family(client?.['client-os'] ?? null),
					device: deviceClass(client?.['device-type'] ?? null),
				},
				ip: part.ip,
				userAgent,
				url: part.url,
				bounce:
					name === 'bounce'
						? bounceOf(
								part.severity === 'permanent',
								status?.['enhanced-code'] ?? null,
								status?.message ?? null,
							)
						: null,
			},
		];
	});

function withoutEnvelope(part: unknown): unknown {
	const envelope = z.looseObject({ 'event-data': z.unknown().optional() }).safeParse(part);
	return (envelope.success ? envelope.data['event-data'] : undefined) ?? part;
}

/**
 * `gmail` stands for Google's image proxy as well as for Gmail's prefetch. The proxy loads when a
 * person opens the email, and says its name in the agent.
 */
function label(bot: string | null, userAgent: string | null): EspEvent['label'] {
	switch (bot) {
		case null:
			return null;
		case 'apple':
			return { actor: 'prefetch', code: 'esp:mailgun-bot-apple' };
		case 'gmail':
			return userAgent?.includes('GoogleImageProxy')
				? { actor: 'human-via-proxy', code: 'esp:mailgun-bot-gmail-proxy' }
				: { actor: 'prefetch', code: 'esp:mailgun-bot-gmail' };
		case 'generic':
			return { actor: 'scanner', code: 'esp:mailgun-bot-generic' };
		default:
			return { actor: 'bot', code: 'esp:mailgun-bot' };
	}
}
