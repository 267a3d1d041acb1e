import { eventNames, eventProperties, nameOfEvent, PROPERTY_FIELDS } from '../event-properties';
import { httpFailure, jsonBody } from '../http-answer';
import { defineSink, delivered } from '../sink';
import { trimUrl } from '../url';

/**
 * Segment, HTTP Tracking API, batch:
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 * At most 500 KB and 2,500 events per request, 32 KB per event, `messageId` below 100 characters.
 * Segment answers 200 also to a wrong write key; its Debugger shows what arrived.
 * Names and properties are those of its email spec, of a click also `link_url`:
 * https://segment.com/docs/connections/spec/email/
 */
export const segment = defineSink({
	name: 'segment',
	displayName: 'Segment',
	kind: 'analytics',
	description: 'Tracks opens as "Email Opened" and clicks as "Email Link Clicked" calls',
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
	parameters: eventNames({
		displayName: 'Event Name',
		vendor: 'Segment',
		open: 'Email Opened',
		click: 'Email Link Clicked',
		hint: 'the default is the name in its email spec',
	}),
	fields: [...PROPERTY_FIELDS, 'occurredAt', 'recipientId'],
	clickIs: '"Email Link Clicked" of its email spec',
	deduplication: 'messageId = eventId',
	overrideExample: 'properties.plan',
	limits: () => ({ records: 2500, bytes: 500_000 }),
	map: (event, options) => ({
		type: 'track',
		event: nameOfEvent(event, options),
		...(event.recipientId === null
			? { anonymousId: event.eventId }
			: { userId: event.recipientId }),
		messageId: event.eventId,
		timestamp: event.occurredAt,
		properties: eventProperties(event),
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
