import { openProperties, PROPERTY_FIELDS } from '../event-properties';
import { httpFailure, jsonBody } from '../http-answer';
import { defineSink, delivered } from '../sink';
import { trimUrl } from '../url';

/**
 * Segment, HTTP Tracking API, batch:
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 * At most 500 KB and 2,500 events per request, 32 KB per event, `messageId` below 100 characters.
 * Segment answers 200 also to a wrong write key; its Debugger shows what arrived.
 */
export const segment = defineSink({
	name: 'segment',
	displayName: 'Segment',
	kind: 'analytics',
	description: 'Tracks each open as an "Email Opened" call',
	docsUrl: 'https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/',
	credential: {
		name: 'openTrackingSegmentApi',
		displayName: 'Open Tracking Segment API',
		docsUrl: 'https://segment.com/docs/connections/find-writekey/',
		fields: [
			{
				name: 'host',
				displayName: 'Region',
				secret: false,
				default: 'https://api.segment.io',
				required: true,
				options: [
					{ name: 'Oregon (Default)', value: 'https://api.segment.io' },
					{ name: 'Dublin', value: 'https://events.eu1.segmentapis.com' },
				],
			},
			{
				name: 'writeKey',
				displayName: 'Write Key',
				secret: true,
				default: '',
				required: true,
			},
		],
		authenticate: ({ writeKey }) => ({
			headers: { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` },
		}),
		test: ({ host }) => ({
			method: 'POST',
			url: `${trimUrl(host)}/v1/batch`,
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ batch: [] }),
			ok: [200, 400],
			proves: 'Segment answers; whether it knows the write key shows only in its Debugger',
		}),
	},
	parameters: [
		{
			name: 'eventName',
			displayName: 'Event Name',
			description: 'What an open is called in Segment; the default is the name in its email spec',
			type: 'string',
			default: 'Email Opened',
			required: true,
		},
	],
	fields: [...PROPERTY_FIELDS, 'occurredAt', 'recipientId'],
	deduplication: 'messageId = eventId',
	overrideExample: 'properties.plan',
	limits: () => ({ records: 2500, bytes: 500_000 }),
	map: (event, options) => ({
		type: 'track',
		event: options.eventName,
		...(event.recipientId === null
			? { anonymousId: event.eventId }
			: { userId: event.recipientId }),
		messageId: event.eventId,
		timestamp: event.occurredAt,
		properties: openProperties(event),
	}),
	request: (records, { credential }) => ({
		method: 'POST',
		url: `${trimUrl(credential.host)}/v1/batch`,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ batch: records }),
	}),
	outcome(response, records, { now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		const answer = jsonBody(response) as { success?: unknown };
		if (answer.success !== true) throw new Error('Segment did not say success.');
		return records.map(() => delivered);
	},
});
