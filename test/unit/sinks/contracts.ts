import type { SinkRequest, SinkResponse } from '../../../src/sinks/sink';
import type { OpenEvent } from '../../../src/tracking/event/open-event';
import { answer, bodyOf, opens, plainOpens } from './harness';

/** How one destination answers, in the shapes of the page that is named. */
export interface Contract {
	sink: string;
	/** The vendor page the shapes are from */
	page: string;
	events(count: number): OpenEvent[];
	/** A good answer to any request the sink makes */
	success(request: SinkRequest): SinkResponse;
	/** A 2xx that is not an answer of this destination; `null` where any 2xx means "taken" */
	malformed: SinkResponse | null;
	options?: Record<string, string | boolean>;
}

const PROXY_PAGE = answer(200, '<html><body>Please log in to the network</body></html>');

const inputs = (request: SinkRequest, list: string) =>
	(bodyOf(request) as Record<string, Array<Record<string, unknown>>>)[list];

export const CONTRACTS: readonly Contract[] = [
	{
		sink: 'postHog',
		page: 'https://posthog.com/docs/api/capture',
		events: opens,
		success: () => answer(200, { status: 1 }),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'segment',
		page: 'https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/',
		events: opens,
		success: () => answer(200, { success: true }),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'mixpanel',
		page: 'https://docs.mixpanel.com/reference/import-events',
		events: opens,
		success: (request) =>
			answer(200, {
				code: 200,
				num_records_imported: (bodyOf(request) as unknown[]).length,
				status: 'OK',
			}),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'amplitude',
		page: 'https://amplitude.com/docs/apis/analytics/batch-event-upload',
		events: opens,
		success: (request) =>
			answer(200, {
				code: 200,
				events_ingested: inputs(request, 'events').length,
				payload_size_bytes: 50,
				server_upload_time: 1396381378123,
			}),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'googleAnalytics',
		page: 'https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events',
		events: plainOpens,
		success: () => answer(204),
		malformed: null,
	},
	{
		sink: 'matomo',
		page: 'https://developer.matomo.org/api-reference/tracking-api#bulk-tracking',
		events: opens,
		success: (request) =>
			answer(200, {
				status: 'success',
				tracked: inputs(request, 'requests').length,
				invalid: 0,
				invalid_indices: [],
			}),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'snowplow',
		page: 'https://docs.snowplow.io/docs/events/going-deeper/http-requests/',
		events: opens,
		success: () => answer(200, 'ok'),
		malformed: null,
	},
	{
		sink: 'clickHouse',
		page: 'https://clickhouse.com/docs/interfaces/http',
		events: opens,
		success: () => answer(200, '', { 'x-clickhouse-summary': '{"written_rows":"3"}' }),
		malformed: null,
	},
	{
		sink: 'elasticsearch',
		page: 'https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk',
		events: opens,
		success: (request) => {
			const lines = (request.body ?? '').trim().split('\n');
			const created = lines.filter((_, index) => index % 2 === 0).map((line) => JSON.parse(line));
			return answer(200, {
				took: 30,
				errors: false,
				items: created.map((action: { create: { _id: string } }) => ({
					create: { _index: 'email-opens', _id: action.create._id, _version: 1, status: 201 },
				})),
			});
		},
		malformed: PROXY_PAGE,
	},
	{
		sink: 'bigQuery',
		page: 'https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll',
		events: opens,
		success: () => answer(200, { kind: 'bigquery#tableDataInsertAllResponse' }),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'signedWebhook',
		page: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
		events: opens,
		success: () => answer(204),
		malformed: null,
	},
	{
		sink: 'hubSpot',
		page: 'https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/contacts/batch/update-contacts',
		events: opens,
		success: (request) =>
			answer(200, {
				status: 'COMPLETE',
				results: inputs(request, 'inputs').map(({ id }) => ({
					id: `id-${String(id).replace('id-', '')}`,
					properties: { email: id },
				})),
				startedAt: '2026-11-21T12:00:00.000Z',
				completedAt: '2026-11-21T12:00:00.040Z',
			}),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'salesforce',
		page: 'https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html',
		events: opens,
		success: (request) => {
			if (request.method === 'GET') {
				const addresses = [...(request.query?.q ?? '').matchAll(/'([^']+@[^']+)'/g)];
				const records = addresses.map(([, Email]) => ({
					attributes: { type: 'Contact', url: '/services/data/v66.0/sobjects/Contact/003' },
					Id: `003-${Email}`,
					Email,
				}));
				return answer(200, { totalSize: records.length, done: true, records });
			}
			const saved = inputs(request, 'records').map(({ id }) => ({ id, success: true, errors: [] }));
			return answer(200, saved);
		},
		malformed: PROXY_PAGE,
	},
	{
		sink: 'pipedrive',
		page: 'https://developers.pipedrive.com/docs/api/v1/Persons#updatePerson',
		events: opens,
		options: { lastOpenedField: 'd4de1c1518b4531717c676029a45911c340390a6' },
		success: (request) =>
			request.url.endsWith('/search')
				? answer(200, {
						success: true,
						data: { items: [{ result_score: 0.3, item: { id: 17, type: 'person' } }] },
						additional_data: { next_cursor: null },
					})
				: answer(200, { success: true, data: { id: 17, custom_fields: {} } }),
		malformed: PROXY_PAGE,
	},
	{
		sink: 'brevo',
		page: 'https://developers.brevo.com/reference/update-batch-contacts',
		events: opens,
		success: () => answer(204),
		malformed: null,
	},
	{
		sink: 'activeCampaign',
		page: 'https://developers.activecampaign.com/reference/bulk-import-contacts',
		events: opens,
		options: { lastOpenedField: '7' },
		success: (request) =>
			answer(200, {
				Success: 1,
				queued_contacts: inputs(request, 'contacts').length,
				batchId: '0641fbdd-f62f-4c2c-ba02-3a83d5d11ac9',
				message: 'Contact import queued',
			}),
		malformed: PROXY_PAGE,
	},
];
