import { z } from 'zod4';

import { EVENT_FIELDS } from '../../tracking/event/event-fields';
import { httpFailure, jsonBody } from '../http-answer';
import { defineSink, delivered, rejected, retryable } from '../sink';
import { trimUrl } from '../url';

const bulkAnswer = z.object({
	errors: z.boolean(),
	items: z.array(
		z.object({
			create: z.object({
				status: z.number(),
				error: z.object({ type: z.string(), reason: z.string().nullish() }).optional(),
			}),
		}),
	),
});

/**
 * Elasticsearch and OpenSearch, bulk API:
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk and
 * https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
 * Each open is created under its event id: 409 says it is there already, which is as good as
 * delivered. `create` and `@timestamp` also fit data streams.
 */
export const elasticsearch = defineSink({
	name: 'elasticsearch',
	displayName: 'Elasticsearch or OpenSearch',
	kind: 'warehouse',
	description: 'Creates each open and each click as a document under its event ID',
	docsUrl: 'https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk',
	credential: {
		name: 'openTrackingElasticsearchApi',
		displayName: 'Open Tracking Elasticsearch API',
		docsUrl: 'https://www.elastic.co/docs/deploy-manage/api-keys/elasticsearch-api-keys',
		fields: [
			{
				name: 'url',
				displayName: 'URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://search.example.com:9200',
			},
			{
				name: 'login',
				displayName: 'Login',
				secret: false,
				default: 'apiKey',
				required: true,
				options: [
					{ name: 'API Key', value: 'apiKey' },
					{ name: 'User and Password', value: 'basic' },
				],
			},
			{ name: 'apiKey', displayName: 'API Key', secret: true, default: '', required: false },
			{ name: 'user', displayName: 'User', secret: false, default: '', required: false },
			{ name: 'password', displayName: 'Password', secret: true, default: '', required: false },
		],
		authenticate: ({ login, apiKey, user, password }) => ({
			headers: {
				authorization:
					login === 'basic'
						? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
						: `ApiKey ${apiKey}`,
			},
		}),
		test: ({ url }) => ({
			method: 'GET',
			url: `${trimUrl(url)}/`,
			body: null,
			ok: [200],
			proves: 'The cluster lets the user in',
		}),
	},
	parameters: [
		{
			name: 'index',
			displayName: 'Index or Data Stream',
			description: 'Where the documents go',
			type: 'string',
			default: 'email-opens',
			required: true,
		},
	],
	fields: EVENT_FIELDS,
	clickIs: 'a document whose `event` is "click"',
	deduplication: '_id = eventId, created once',
	overrideExample: 'labels.plan',
	limits: () => ({ records: 1000, bytes: 10_000_000 }),
	map: (event) => ({ '@timestamp': event.occurredAt, ...event }),
	request: (records, { credential, options }) => ({
		method: 'POST',
		url: `${trimUrl(credential.url)}/${encodeURIComponent(options.index)}/_bulk`,
		headers: { 'content-type': 'application/x-ndjson' },
		body: records
			.map((record) => {
				const action = { create: { _id: record.eventId } };
				return `${JSON.stringify(action)}\n${JSON.stringify(record)}\n`;
			})
			.join(''),
	}),
	outcome(response, records, { now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		const { items } = bulkAnswer.parse(jsonBody(response));
		return items.map(({ create: { status, error } }) => {
			if (status < 300 || status === 409) return delivered;
			const reason = error ? `${error.type}: ${error.reason ?? ''}` : `HTTP ${status}`;
			return status === 429 || status >= 500 ? retryable(reason) : rejected(reason);
		});
	},
});
