import { z } from 'zod/v4';

import {
	deviceClass,
	type EspOpen,
	type EspReader,
	family,
	listOf,
	objectOrEmpty,
	readEach,
	textOrNull,
	unixMs,
} from './esp-part';

const OPENS = ['open', 'amp_open'];

const flag = z.unknown().transform((value) => value === true || value === 'true');
const track = z.looseObject({
	type: z.string(),
	event_id: textOrNull,
	timestamp: textOrNull,
	rcpt_to: textOrNull,
	raw_rcpt_to: textOrNull,
	message_id: textOrNull,
	campaign_id: textOrNull,
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
const envelope = z.looseObject({ msys: z.looseObject({ track_event: z.unknown() }) });

/**
 * SparkPost webhooks: https://developers.sparkpost.com/api/webhooks/#webhooks-events
 * `initial_open` is the pixel at the top of a mail, `open` the one at its end. With both on, one
 * reading is two loads with two ids, so only `open` is an open here and `initial_open` is ignored.
 */
export const readSparkPost: EspReader = (payload) =>
	readEach(listOf(payload), envelope, ({ msys }) => {
		if (msys.track_event === undefined) return null;
		const [part] = readEach([msys.track_event], track, readTrackEvent);
		return part;
	});

function readTrackEvent(part: z.infer<typeof track>): EspOpen | null {
	if (!OPENS.includes(part.type)) return null;
	const parsed = part.user_agent_parsed;
	return {
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
	};
}

/** Unix seconds in webhooks, ISO 8601 in the Events API. */
function timeOf(timestamp: string | null): number {
	return timestamp !== null && /\D/.test(timestamp) ? Date.parse(timestamp) : unixMs(timestamp);
}

function label(prefetched: boolean, proxy: boolean): EspOpen['label'] {
	if (prefetched) return { actor: 'prefetch', code: 'esp:sparkpost-prefetched' };
	return proxy ? { actor: 'human-via-proxy', code: 'esp:sparkpost-proxy' } : null;
}
