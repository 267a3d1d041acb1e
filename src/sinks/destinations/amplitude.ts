import { z } from 'zod4';

import { retryAfterMs } from '../../async/retry-after';
import {
	eventNames,
	type EventProperties,
	eventProperties,
	nameOfEvent,
	PROPERTY_FIELDS,
} from '../event-properties';
import { httpFailure, jsonBody, jsonBodyOrNull } from '../http-answer';
import { defineSink, delivered, rejected, retryable, retryLater } from '../sink';
import { trimUrl } from '../url';

/** How long Amplitude's documentation asks to wait when it throttles a user. */
const THROTTLED_MS = 30_000;

type AmplitudeEvent = {
	event_type: string;
	user_id?: string;
	device_id?: string;
	time: number;
	insert_id: string;
	event_properties: EventProperties;
};

const positions = z.record(z.string(), z.array(z.number())).optional();
const refusal = z.object({
	error: z.string().optional(),
	events_with_invalid_fields: positions,
	events_with_missing_fields: positions,
	events_with_invalid_id_lengths: positions,
	silenced_events: z.array(z.number()).optional(),
});
const throttling = z.object({
	exceeded_daily_quota_users: z.record(z.string(), z.unknown()).optional(),
	exceeded_daily_quota_devices: z.record(z.string(), z.unknown()).optional(),
});
const complete = z.object({ code: z.literal(200) });

/**
 * Amplitude, Batch Event Upload: https://amplitude.com/docs/apis/analytics/batch-event-upload
 * At most 20 MB per request; `insert_id` is remembered for 7 days. A 400 that lists events takes
 * none of the batch: those are wrong, the rest is to be sent again
 * (https://amplitude.com/docs/apis/analytics/http-api-batching-retries). Ids below 5 characters
 * are allowed by `min_id_length`.
 */
export const amplitude = defineSink({
	name: 'amplitude',
	displayName: 'Amplitude',
	kind: 'analytics',
	description: 'Uploads each open and each click as an event of the recipient',
	docsUrl: 'https://amplitude.com/docs/apis/analytics/batch-event-upload',
	credential: {
		name: 'openTrackingAmplitudeApi',
		displayName: 'Open Tracking Amplitude API',
		docsUrl: 'https://amplitude.com/docs/apis/authentication',
		fields: [
			{
				name: 'host',
				displayName: 'Data Residency',
				secret: false,
				default: 'https://api2.amplitude.com',
				required: true,
				options: [
					{ name: 'European Union', value: 'https://api.eu.amplitude.com' },
					{ name: 'United States', value: 'https://api2.amplitude.com' },
				],
			},
			{ name: 'apiKey', displayName: 'API Key', secret: true, default: '', required: true },
		],
		test: ({ host, apiKey }) => ({
			method: 'POST',
			url: `${trimUrl(host)}/batch`,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ api_key: apiKey, events: [] }),
			ok: [200, 400],
			proves: 'Amplitude answers; an event sent with a wrong key is refused then',
		}),
	},
	parameters: eventNames({
		displayName: 'Event Type',
		vendor: 'Amplitude',
		open: 'Email Opened',
		click: 'Email Link Clicked',
	}),
	fields: [...PROPERTY_FIELDS, 'occurredAt', 'recipientId'],
	clickIs: 'an event type of its own',
	deduplication: 'insert_id = eventId',
	overrideExample: 'event_properties.plan',
	limits: () => ({ records: 2000, bytes: 20_000_000 }),
	map: (event, options): AmplitudeEvent => ({
		event_type: nameOfEvent(event, options),
		...(event.recipientId === null ? { device_id: event.eventId } : { user_id: event.recipientId }),
		time: Date.parse(event.occurredAt),
		insert_id: event.eventId,
		event_properties: eventProperties(event),
	}),
	request: (records, { credential }) => ({
		method: 'POST',
		url: `${trimUrl(credential.host)}/batch`,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			api_key: credential.apiKey,
			events: records,
			options: { min_id_length: 1 },
		}),
	}),
	outcome(response, records, { now }) {
		if (response.status === 400) {
			const wrong = wrongEvents(jsonBodyOrNull(response));
			if (wrong.size > 0) {
				return records.map((_, index) => {
					const reason = wrong.get(index);
					return reason === undefined
						? retryable('Amplitude refused the batch because of other events', 0)
						: rejected(reason);
				});
			}
		}
		if (response.status === 429) {
			const { exceeded_daily_quota_users: users, exceeded_daily_quota_devices: devices } =
				throttling.parse(jsonBodyOrNull(response) ?? {});
			const waitMs = retryAfterMs(response.headers['retry-after'], now.getTime()) ?? THROTTLED_MS;
			const usedUp = new Set([...Object.keys(users ?? {}), ...Object.keys(devices ?? {})]);
			return records.map((record) =>
				usedUp.has(String(record.user_id ?? record.device_id))
					? retryLater('Amplitude takes no more events of this user today')
					: retryable('Amplitude throttles this batch', waitMs),
			);
		}
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		complete.parse(jsonBody(response));
		return records.map(() => delivered);
	},
});

function wrongEvents(body: unknown): Map<number, string> {
	const wrong = new Map<number, string>();
	const answer = refusal.safeParse(body);
	if (!answer.success) return wrong;
	const lists: Array<[string, z.infer<typeof positions>]> = [
		['not valid', answer.data.events_with_invalid_fields],
		['missing', answer.data.events_with_missing_fields],
		['too short or too long', answer.data.events_with_invalid_id_lengths],
	];
	for (const [what, byField] of lists) {
		for (const [field, indices] of Object.entries(byField ?? {})) {
			for (const index of indices) wrong.set(index, `${field} is ${what}`);
		}
	}
	for (const index of answer.data.silenced_events ?? []) {
		wrong.set(index, 'The device or user is silenced');
	}
	return wrong;
}
