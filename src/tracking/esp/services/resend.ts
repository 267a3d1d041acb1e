import { z } from 'zod4';

import {
	bounceOf,
	type EspEventName,
	type EspReader,
	idOrNull,
	isoMs,
	readPart,
	textOrNull,
} from './esp-part';

const EVENTS: Readonly<Record<string, EspEventName>> = {
	'email.opened': 'open',
	'email.clicked': 'click',
	'email.bounced': 'bounce',
	'email.complained': 'complaint',
};

const tags = z
	.unknown()
	.optional()
	.transform((value): Record<string, unknown> => {
		const list = z
			.array(z.object({ name: z.string(), value: z.unknown().optional() }))
			.safeParse(value);
		if (list.success) return Object.fromEntries(list.data.map((tag) => [tag.name, tag.value]));
		return typeof value === 'object' && value !== null ? { ...value } : {};
	});
const load = z.looseObject({
	timestamp: textOrNull,
	ipAddress: textOrNull,
	userAgent: textOrNull,
	link: textOrNull,
});
const event = z.looseObject({
	type: z.string(),
	created_at: textOrNull,
	data: z.looseObject({
		email_id: idOrNull,
		broadcast_id: idOrNull,
		to: z.union([z.array(z.string()), z.string().transform((one) => [one])]).catch([]),
		tags,
		open: load.nullish(),
		click: load.nullish(),
		bounce: z.looseObject({ type: textOrNull, message: textOrNull }).nullish(),
	}),
});

/**
 * Resend webhooks: https://resend.com/docs/dashboard/webhooks/event-types
 * The id of a webhook is in its `svix-id` header and not in the payload; a repeat has the same
 * email and time. `data.created_at` is when the email was made, not when it was opened. With
 * several recipients nobody is named.
 */
export const readResend: EspReader = (payload) =>
	readPart(payload, event, ({ type, created_at: createdAt, data }) => {
		if (!Object.hasOwn(EVENTS, type)) return [];
		const name = EVENTS[type];
		const request = name === 'click' ? data.click : data.open;
		const time = request?.timestamp ?? createdAt;
		return [
			{
				event: name,
				identity: [data.email_id, time],
				occurredAtMs: isoMs(time),
				address: data.to.length === 1 ? data.to[0] : null,
				messageId: data.email_id,
				campaignId: data.broadcast_id,
				metadata: data.tags,
				ip: request?.ipAddress ?? null,
				userAgent: request?.userAgent ?? null,
				url: data.click?.link ?? null,
				bounce:
					name === 'bounce'
						? bounceOf(data.bounce?.type === 'Permanent', data.bounce?.message ?? null)
						: null,
			},
		];
	});
