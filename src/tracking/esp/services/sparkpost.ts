import { z } from 'zod4';

import {
	bounceOf,
	deviceClass,
	type EspEvent,
	type EspEventName,
	type EspPart,
	type EspReader,
	family,
	idOrNull,
	isoMs,
	other,
	objectOrEmpty,
	type ReadOptions,
	readPart,
	textOrNull,
	unixMs,
} from './esp-part';

const EVENTS: Readonly<Record<string, EspEventName>> = {
	open: 'open',
	amp_open: 'open',
	initial_open: 'open',
	amp_initial_open: 'open',
	click: 'click',
	amp_click: 'click',
	bounce: 'bounce',
	out_of_band: 'bounce',
	spam_complaint: 'complaint',
};
const INITIAL_OPENS = ['initial_open', 'amp_initial_open'];
/** Bounce classes that SparkPost calls hard. */
const HARD = ['10', '30', '90'];

const flag = z
	.unknown()
	.optional()
	.transform((value) => value === true || value === 'true');
const track = z.looseObject({
	type: z.string(),
	event_id: textOrNull,
	timestamp: textOrNull,
	rcpt_to: textOrNull,
	raw_rcpt_to: textOrNull,
	message_id: idOrNull,
	campaign_id: idOrNull,
	target_link_url: textOrNull,
	bounce_class: textOrNull,
	raw_reason: textOrNull,
	reason: textOrNull,
	rcpt_meta: objectOrEmpty,
	ip_address: textOrNull,
	user_agent: textOrNull,
	user_agent_parsed: z
		.looseObject({
			agent_family: textOrNull,
			os_family: textOrNull,
			device_family: textOrNull,
			is_mobile: flag,
			is_prefetched: flag,
			is_proxy: flag,
		})
		.nullish(),
});
const envelope = z.looseObject({
	msys: z.looseObject({
		track_event: z.unknown().optional(),
		message_event: z.unknown().optional(),
	}),
});

/**
 * SparkPost webhooks: https://developers.sparkpost.com/api/webhooks/#webhooks-events
 * `initial_open` is the pixel at the top of an email, `open` the one at its end. With both on, one
 * reading is two loads with two ids, so only `open` is an open here unless the options say that both
 * are. Complaints come as a `message_event`, as bounces do.
 */
export const readSparkPost: EspReader = (payload, options) => {
	const parsed = envelope.safeParse(payload);
	// The first call of a new webhook is empty inside.
	const inner = parsed.success
		? (parsed.data.msys.track_event ?? parsed.data.msys.message_event)
		: undefined;
	if (parsed.success && inner === undefined) return [other];
	return parsed.success ? readTrackEvent(inner, options) : readPart(payload, envelope, () => []);
};

function readTrackEvent(inner: unknown, { initialOpens }: ReadOptions): EspPart[] {
	return readPart(inner, track, (part) => {
		if (!Object.hasOwn(EVENTS, part.type)) return [];
		if (INITIAL_OPENS.includes(part.type) && !initialOpens) return [];
		const name = EVENTS[part.type];
		const parsed = part.user_agent_parsed;
		return [
			{
				event: name,
				vendorId: part.event_id,
				identity: [part.message_id, part.rcpt_to, part.timestamp, part.type],
				occurredAtMs: timeOf(part.timestamp),
				address: part.raw_rcpt_to ?? part.rcpt_to,
				messageId: part.message_id,
				campaignId: part.campaign_id,
				metadata: part.rcpt_meta,
				label: label(parsed?.is_prefetched === true, parsed?.is_proxy === true),
				client: {
					family: family(parsed?.agent_family ?? null),
					os: family(parsed?.os_family ?? null),
					device: parsed?.is_mobile ? 'mobile' : deviceClass(parsed?.device_family ?? null),
				},
				ip: part.ip_address,
				userAgent: part.user_agent,
				url: part.target_link_url,
				bounce:
					name === 'bounce'
						? bounceOf(HARD.includes(part.bounce_class ?? ''), part.raw_reason, part.reason)
						: null,
			},
		];
	});
}

/** Unix seconds in webhooks, ISO 8601 in the Events API. */
function timeOf(timestamp: string | null): number {
	const ms = unixMs(timestamp);
	return Number.isNaN(ms) ? isoMs(timestamp) : ms;
}

function label(prefetched: boolean, proxy: boolean): EspEvent['label'] {
	if (prefetched) return { actor: 'prefetch', code: 'esp:sparkpost-prefetched' };
	return proxy ? { actor: 'human-via-proxy', code: 'esp:sparkpost-proxy' } : null;
}
