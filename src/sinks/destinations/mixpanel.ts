import { z } from 'zod4';

import { eventNames, eventProperties, nameOfEvent, PROPERTY_FIELDS } from '../event-properties';
import { httpFailure, jsonBody, jsonBodyOrNull } from '../http-answer';
import { defineSink, delivered, rejected } from '../sink';
import { trimUrl } from '../url';

const partial = z.object({
	num_records_imported: z.number(),
	failed_records: z
		.array(z.object({ index: z.number(), field: z.string().optional(), message: z.string() }))
		.min(1),
});
const complete = z.object({ num_records_imported: z.number() });

/**
 * Mixpanel, Import Events with `strict=1`: https://docs.mixpanel.com/reference/import-events
 * At most 2,000 events and 10 MB per request. HTTP 400 with `failed_records` means that exactly
 * those failed and the others were taken
 * (https://docs.mixpanel.com/troubleshooting/errors/400-bad-request). An empty `distinct_id`
 * stands for an event of nobody.
 */
export const mixpanel = defineSink({
	name: 'mixpanel',
	displayName: 'Mixpanel',
	kind: 'analytics',
	description: 'Imports each open and each click as an event of the recipient',
	docsUrl: 'https://docs.mixpanel.com/reference/import-events',
	credential: {
		name: 'openTrackingMixpanelApi',
		displayName: 'Open Tracking Mixpanel API',
		docsUrl: 'https://docs.mixpanel.com/reference/project-token',
		fields: [
			{
				name: 'host',
				displayName: 'Data Residency',
				secret: false,
				default: 'https://api.mixpanel.com',
				required: true,
				options: [
					{ name: 'European Union', value: 'https://api-eu.mixpanel.com' },
					{ name: 'India', value: 'https://api-in.mixpanel.com' },
					{ name: 'United States', value: 'https://api.mixpanel.com' },
				],
			},
			{
				name: 'projectToken',
				displayName: 'Project Token',
				secret: true,
				default: '',
				required: true,
			},
		],
		authenticate: ({ projectToken }) => ({
			headers: { authorization: `Basic ${Buffer.from(`${projectToken}:`).toString('base64')}` },
		}),
		test: ({ host }) => ({
			method: 'POST',
			url: `${trimUrl(host)}/import`,
			query: { strict: '1' },
			headers: { 'content-type': 'application/json' },
			body: '[]',
			// An empty list is not a valid import; a wrong token would be answered with 401 before that.
			ok: [200, 400],
			proves: 'Mixpanel answers and does not refuse the token',
		}),
	},
	parameters: eventNames({
		displayName: 'Event Name',
		vendor: 'Mixpanel',
		open: 'Email Opened',
		click: 'Email Link Clicked',
	}),
	fields: [...PROPERTY_FIELDS, 'occurredAt', 'recipientId'],
	clickIs: 'an event name of its own',
	deduplication: '$insert_id = eventId',
	overrideExample: 'properties.plan',
	limits: () => ({ records: 2000, bytes: 10_000_000 }),
	map: (event, options) => ({
		event: nameOfEvent(event, options),
		properties: {
			...eventProperties(event),
			time: Date.parse(event.occurredAt),
			distinct_id: event.recipientId ?? '',
			$insert_id: event.eventId,
		},
	}),
	request: (records, { credential }) => ({
		method: 'POST',
		url: `${trimUrl(credential.host)}/import`,
		query: { strict: '1' },
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(records),
	}),
	outcome(response, records, { now }) {
		if (response.status === 400) {
			const answer = partial.safeParse(jsonBodyOrNull(response));
			if (answer.success) {
				const failed = new Map(answer.data.failed_records.map((one) => [one.index, one.message]));
				return records.map((_, index) => {
					const message = failed.get(index);
					return message === undefined ? delivered : rejected(message);
				});
			}
		}
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		complete.parse(jsonBody(response));
		return records.map(() => delivered);
	},
});
