import { z } from 'zod/v4';

import { type EspReader, listOf, NO_CLIENT, readEach, textOrNull } from './esp-part';

const tags = z.unknown().transform((value): Record<string, unknown> => {
	const list = z.array(z.object({ name: z.string(), value: z.unknown() })).safeParse(value);
	if (list.success) return Object.fromEntries(list.data.map((tag) => [tag.name, tag.value]));
	return typeof value === 'object' && value !== null ? { ...value } : {};
});
const event = z.looseObject({
	type: z.string(),
	created_at: textOrNull,
	data: z.looseObject({
		email_id: textOrNull,
		broadcast_id: textOrNull,
		to: z.union([z.array(z.string()), z.string().transform((one) => [one])]).catch([]),
		tags,
		open: z
			.looseObject({ timestamp: textOrNull, ipAddress: textOrNull, userAgent: textOrNull })
			.nullish(),
	}),
});

/**
 * Resend webhooks: https://resend.com/docs/dashboard/webhooks/event-types
 * The id of a webhook is in its `svix-id` header and not in the payload; a repeat has the same
 * email and time. `data.created_at` is when the mail was made, not when it was opened. With
 * several recipients nobody is named.
 */
export const readResend: EspReader = (payload) =>
	readEach(listOf(payload), event, ({ type, created_at: createdAt, data }) => {
		if (type !== 'email.opened') return null;
		const time = data.open?.timestamp ?? createdAt;
		return {
			vendorId: null,
			identity: [data.email_id, time],
			occurredAtMs: Date.parse(time ?? ''),
			address: data.to.length === 1 ? data.to[0] : null,
			messageId: data.email_id,
			campaignId: data.broadcast_id,
			metadata: data.tags,
			label: null,
			client: NO_CLIENT,
			ip: data.open?.ipAddress ?? null,
			userAgent: data.open?.userAgent ?? null,
		};
	});
