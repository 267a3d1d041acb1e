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
import { jsonObject } from './mailjet';

const OPENS = ['opened', 'unique_opened'];
const PROXY_OPENS = ['proxy_open', 'unique_proxy_open'];

const event = z.looseObject({
	event: z.string(),
	email: textOrNull,
	'message-id': textOrNull,
	ts_epoch: textOrNull,
	s_epoch: textOrNull,
	ts_event: textOrNull,
	ts: textOrNull,
	tags: firstText,
	tag: firstText,
	camp_id: textOrNull,
	'X-Mailin-custom': textOrNull,
	user_agent: textOrNull,
});

/**
 * Brevo webhooks: https://developers.brevo.com/docs/transactional-webhooks and
 * https://developers.brevo.com/docs/marketing-webhooks
 * A first open is `unique_opened`, later ones `opened`; both names of one moment are one event.
 * `proxy_open` is a load through a privacy proxy such as Apple's. Brevo gives a load no id. Of its
 * times only `ts_epoch` is surely UTC, so it comes first.
 */
export const readBrevo: EspReader = (payload) =>
	readEach(listOf(payload), event, (part) => {
		const proxy = PROXY_OPENS.includes(part.event);
		if (!proxy && !OPENS.includes(part.event)) return null;
		const messageId = part['message-id'];
		const occurredAtMs = unixMs(part.ts_epoch ?? part.s_epoch ?? part.ts_event ?? part.ts);
		return {
			vendorId: null,
			identity: [messageId ?? part.camp_id, part.email, occurredAtMs],
			occurredAtMs,
			address: part.email,
			messageId,
			campaignId: part.camp_id ?? part.tags ?? part.tag,
			metadata: { ...part, ...jsonObject(part['X-Mailin-custom']) },
			label: proxy ? { actor: 'prefetch', code: 'esp:brevo-proxy-open' } : null,
			client: NO_CLIENT,
			ip: null,
			userAgent: part.user_agent,
		};
	});
