import { eventNames, eventProperties, nameOfEvent, PROPERTY_FIELDS } from '../event-properties';
import { httpFailure, jsonBody } from '../http-answer';
import { defineSink, delivered, retryLater } from '../sink';
import { trimUrl } from '../url';

/**
 * PostHog, batch capture: https://posthog.com/docs/api/capture
 * At most 20 MB per request. An event without `distinct_id` is dropped silently, so one without a
 * recipient goes under its own event id, without a person profile.
 */
export const postHog = defineSink({
	name: 'postHog',
	displayName: 'PostHog',
	kind: 'analytics',
	description: 'Captures each open and each click as an event of the recipient',
	docsUrl: 'https://posthog.com/docs/api/capture',
	credential: {
		name: 'openTrackingPostHogApi',
		displayName: 'Open Tracking PostHog API',
		docsUrl: 'https://posthog.com/docs/api',
		fields: [
			{
				name: 'host',
				displayName: 'Host',
				secret: false,
				default: 'https://us.i.posthog.com',
				required: true,
				description: 'EU Cloud is https://eu.i.posthog.com; for self-hosted your own address',
			},
			{
				name: 'projectApiKey',
				displayName: 'Project API Key',
				secret: true,
				default: '',
				required: true,
				placeholder: 'e.g. phc_…',
			},
		],
		test: (values) => ({
			method: 'POST',
			url: `${trimUrl(values.host)}/flags/`,
			query: { v: '2' },
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ api_key: values.projectApiKey, distinct_id: 'credential-test' }),
			ok: [200],
			proves: 'PostHog knows the project API key',
		}),
	},
	parameters: eventNames({
		displayName: 'Event Name',
		vendor: 'PostHog',
		open: 'email opened',
		click: 'email link clicked',
	}),
	fields: [...PROPERTY_FIELDS, 'occurredAt', 'recipientId'],
	clickIs: 'an event name of its own',
	deduplication: 'uuid = eventId',
	overrideExample: 'properties.plan',
	limits: () => ({ records: 1000, bytes: 20_000_000 }),
	map: (event, options) => ({
		event: nameOfEvent(event, options),
		distinct_id: event.recipientId ?? event.eventId,
		uuid: event.eventId,
		timestamp: event.occurredAt,
		properties: {
			...eventProperties(event),
			// The request comes from a server; its place on earth is not the reader's.
			$geoip_disable: true,
			...(event.recipientId === null ? { $process_person_profile: false } : {}),
		},
	}),
	request: (records, { credential }) => ({
		method: 'POST',
		url: `${trimUrl(credential.host)}/batch/`,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ api_key: credential.projectApiKey, batch: records }),
	}),
	outcome(response, records, { now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		const answer = jsonBody(response) as { status?: unknown; quota_limited?: unknown };
		if (answer.status === undefined) throw new Error('PostHog gave no status.');
		if (Array.isArray(answer.quota_limited) && answer.quota_limited.length > 0) {
			return records.map(() =>
				retryLater('PostHog took nothing, the quota of the project is used up'),
			);
		}
		return records.map(() => delivered);
	},
});
