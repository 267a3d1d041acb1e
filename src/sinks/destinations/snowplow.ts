import { EVENT_FIELDS } from '../../tracking/event/event-fields';
import { httpFailure } from '../http-answer';
import { defineSink, delivered, rejected } from '../sink';
import { trimUrl } from '../url';
import { withoutNulls } from '../without-nulls';

const PAYLOAD_SCHEMA = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4';
const UNSTRUCT_SCHEMA = 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0';
const CONTEXTS_SCHEMA = 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0';
const LINK_CLICK_SCHEMA = 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1';

type SnowplowEvent = {
	/** The idempotency key: pipelines drop an `eid` they have seen */
	eid: string;
	dtm: string;
	uid?: string;
	schema: string;
	data: Record<string, unknown>;
	/** What is known of a click besides its link; Snowplow's own event has no place for it */
	entity: Record<string, unknown> | null;
};

/**
 * Snowplow, POST to a collector:
 * https://docs.snowplow.io/docs/events/going-deeper/http-requests/ — tracker protocol 2, each open
 * as a self-describing event. The collector answers 200 as soon as it has the bytes; an event that
 * does not fit its schema shows up among the failed events of the pipeline.
 *
 * A click is Snowplow's own `link_click`, with all that is known of it as an entity:
 * https://github.com/snowplow/iglu-central/tree/master/schemas/com.snowplowanalytics.snowplow/link_click/jsonschema
 */
export const snowplow = defineSink({
	name: 'snowplow',
	displayName: 'Snowplow',
	kind: 'analytics',
	description: 'Sends each open as a self-describing event, and each click as link_click',
	docsUrl: 'https://docs.snowplow.io/docs/events/going-deeper/http-requests/',
	credential: {
		name: 'openTrackingSnowplowApi',
		displayName: 'Open Tracking Snowplow API',
		docsUrl: 'https://docs.snowplow.io/docs/api-reference/stream-collector/',
		fields: [
			{
				name: 'collectorUrl',
				displayName: 'Collector URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://collector.example.com',
			},
		],
		test: ({ collectorUrl }) => ({
			method: 'GET',
			url: `${trimUrl(collectorUrl)}/health`,
			body: null,
			ok: [200],
			proves: 'The collector is up',
		}),
	},
	parameters: [
		{
			name: 'schema',
			displayName: 'Event Schema',
			description: 'Iglu address of the schema that describes an open in your registry',
			type: 'string',
			default: 'iglu:com.example/email_open/jsonschema/1-0-0',
			required: true,
		},
		{
			name: 'clickSchema',
			displayName: 'Click Schema',
			description:
				'Iglu address of the schema in your registry for what goes along with a click, besides link_click',
			type: 'string',
			default: 'iglu:com.example/email_click/jsonschema/1-0-0',
			required: true,
		},
		{
			name: 'appId',
			displayName: 'Application ID',
			placeholder: 'e.g. newsletter',
			description: 'Value of app_id in the warehouse',
			type: 'string',
			default: 'email',
			required: true,
		},
		{
			name: 'namespace',
			displayName: 'Tracker Namespace',
			description: 'Value of name_tracker in the warehouse',
			type: 'string',
			default: 'email-open-tracking',
			required: true,
		},
	],
	fields: EVENT_FIELDS,
	clickIs: 'its own `link_click`, with an entity of what else is known',
	deduplication: 'eid = eventId',
	overrideExample: 'data.plan',
	limits: () => ({ records: 500, bytes: 1_000_000 }),
	refuses: ({ event, link }) =>
		event === 'click' && link.url === null
			? rejected('link.url is empty, without which Snowplow knows no link_click')
			: null,
	map: (event, options): SnowplowEvent => ({
		eid: event.eventId,
		dtm: String(Date.parse(event.occurredAt)),
		...(event.recipientId === null ? {} : { uid: event.recipientId }),
		...(event.event === 'click'
			? {
					schema: LINK_CLICK_SCHEMA,
					data: withoutNulls({ targetUrl: event.link.url, elementContent: event.link.label }),
					entity: withoutNulls(event),
				}
			: { schema: options.schema, data: withoutNulls(event), entity: null }),
	}),
	request: (records, { credential, options, now }) => ({
		method: 'POST',
		url: `${trimUrl(credential.collectorUrl)}/com.snowplowanalytics.snowplow/tp2`,
		headers: { 'content-type': 'application/json; charset=utf-8' },
		body: JSON.stringify({
			schema: PAYLOAD_SCHEMA,
			data: records.map(({ schema, data, entity, ...own }) => ({
				e: 'ue',
				p: 'srv',
				tv: 'n8n-email-open-tracking',
				tna: options.namespace,
				aid: options.appId,
				...own,
				stm: String(now.getTime()),
				ue_pr: JSON.stringify({ schema: UNSTRUCT_SCHEMA, data: { schema, data } }),
				...(entity === null
					? {}
					: {
							co: JSON.stringify({
								schema: CONTEXTS_SCHEMA,
								data: [{ schema: options.clickSchema, data: entity }],
							}),
						}),
			})),
		}),
	}),
	outcome: (response, records, { now }) =>
		httpFailure(response, records, now) ?? records.map(() => delivered),
});
