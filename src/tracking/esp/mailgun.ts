import { z } from 'zod/v4';

import {
	deviceClass,
	type EspOpen,
	type EspReader,
	family,
	firstText,
	listOf,
	objectOrEmpty,
	readEach,
	textOrNull,
	unixMs,
} from './esp-part';

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
	message: z.looseObject({ headers: z.looseObject({ 'message-id': textOrNull }) }).nullish(),
});

/**
 * Mailgun webhooks: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks
 * and its bot labels:
 * https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/open-click-bot-detect
 * Also takes items of its Events API, which are the same without the envelope.
 */
export const readMailgun: EspReader = (payload) =>
	readEach(listOf(payload).map(withoutEnvelope), event, (part) => {
		if (part.event !== 'opened') return null;
		const client = part['client-info'];
		const userAgent = client?.['user-agent'] ?? null;
		return {
			vendorId: part.id,
			identity: [part.message?.headers['message-id'] ?? null, part.recipient, part.timestamp],
			occurredAtMs: unixMs(part.timestamp),
			address: part.recipient,
			messageId: part.message?.headers['message-id'] ?? null,
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
		};
	});

function withoutEnvelope(part: unknown): unknown {
	const envelope = z.looseObject({ 'event-data': z.unknown() }).safeParse(part);
	return (envelope.success ? envelope.data['event-data'] : undefined) ?? part;
}

/**
 * `gmail` stands for Google's image proxy as well as for Gmail's prefetch. The proxy loads when a
 * person opens the mail, and says its name in the agent.
 */
function label(bot: string | null, userAgent: string | null): EspOpen['label'] {
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
