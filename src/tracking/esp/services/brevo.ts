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
import { jsonObject } from './mailjet';

const PROXY_OPENS = ['proxy_open', 'unique_proxy_open'];
/** Whether the email will not arrive later either, for those that say so. */
const BOUNCES: Readonly<Record<string, boolean | null>> = {
	hard_bounce: true,
	invalid_email: true,
	soft_bounce: false,
	blocked: null,
};

const event = z.looseObject({
	event: z.string(),
	email: textOrNull,
	'message-id': idOrNull,
	ts_epoch: textOrNull,
	s_epoch: textOrNull,
	ts_event: textOrNull,
	ts: textOrNull,
	tags: firstText,
	tag: firstText,
	camp_id: idOrNull,
	'X-Mailin-custom': textOrNull,
	user_agent: textOrNull,
	link: textOrNull,
	reason: textOrNull,
});

/**
 * Brevo webhooks: https://developers.brevo.com/docs/transactional-webhooks and
 * https://developers.brevo.com/docs/marketing-webhooks
 * A first open is `unique_opened`, later ones `opened`; both names of one moment are one event.
 * `proxy_open` is a load through a privacy proxy such as Apple's. Brevo gives a load no id. Of its
 * times only `ts_epoch` is surely UTC, so it comes first.
 */
export const readBrevo: EspReader = (payload) =>
	readPart(payload, event, (part) => {
		const name = nameOf(part.event);
		if (name === null) return [];
		const messageId = part['message-id'];
		const occurredAtMs = unixMs(part.ts_epoch ?? part.s_epoch ?? part.ts_event ?? part.ts);
		return [
			{
				event: name,
				identity: [messageId ?? part.camp_id, part.email, occurredAtMs],
				occurredAtMs,
				address: part.email,
				messageId,
				campaignId: part.camp_id ?? part.tags ?? part.tag,
				metadata: { ...part, ...jsonObject(part['X-Mailin-custom']) },
				label: PROXY_OPENS.includes(part.event)
					? { actor: 'prefetch', code: 'esp:brevo-proxy-open' }
					: null,
				userAgent: part.user_agent,
				url: part.link,
				bounce: name === 'bounce' ? bounceOf(BOUNCES[part.event], part.reason) : null,
			},
		];
	});

function nameOf(event: string): EspEventName | null {
	if (/^(unique_)?(opened|proxy_open)$/.test(event)) return 'open';
	if (event === 'click') return 'click';
	if (event === 'spam' || event === 'complaint') return 'complaint';
	return Object.hasOwn(BOUNCES, event) ? 'bounce' : null;
}
