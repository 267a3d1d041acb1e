import { z } from 'zod4';

import { EVENT_FIELDS } from '../../tracking/event/event-fields';
import { warehouseRow } from '../event-properties';
import { httpFailure, jsonBody, jsonBodyOrNull } from '../http-answer';
import { defineSink, delivered, rejected, retryable } from '../sink';

const inserted = z.object({
	kind: z.literal('bigquery#tableDataInsertAllResponse'),
	insertErrors: z
		.array(
			z.object({
				index: z.number(),
				errors: z.array(
					z.object({
						reason: z.string(),
						message: z.string().optional(),
						location: z.string().optional(),
					}),
				),
			}),
		)
		.optional(),
});
const apiError = z.object({
	error: z.object({
		message: z.string(),
		errors: z.array(z.object({ reason: z.string() })).min(1),
	}),
});

/** Row errors that are not the row's fault. */
const PASSES = ['stopped', 'backendError', 'internalError', 'timeout', 'rateLimitExceeded'];
/** Reasons under which 403 means "slower" and not "no rights". */
const SLOWER = ['rateLimitExceeded', 'quotaExceeded', 'userRateLimitExceeded'];

/**
 * BigQuery, tabledata.insertAll:
 * https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
 * At most 10 MB and 50,000 rows per request, 500 rows recommended. `skipInvalidRows` lets the good
 * rows in; `insertErrors` names the others by index. `insertId` is remembered for about a minute.
 */
export const bigQuery = defineSink({
	name: 'bigQuery',
	displayName: 'Google BigQuery',
	kind: 'warehouse',
	description:
		'Streams each open and each click as a row; columns the table does not have are left out',
	docsUrl: 'https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll',
	credential: {
		name: 'openTrackingBigQueryOAuth2Api',
		displayName: 'Open Tracking BigQuery OAuth2 API',
		docsUrl: 'https://cloud.google.com/bigquery/docs/authentication',
		fields: [],
		oauth2: {
			grantType: 'authorizationCode',
			authUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
			tokenUrl: 'https://oauth2.googleapis.com/token',
			authQuery: 'access_type=offline&prompt=consent',
			scope: 'https://www.googleapis.com/auth/bigquery.insertdata',
		},
	},
	parameters: [
		{
			name: 'projectId',
			displayName: 'Project ID',
			placeholder: 'e.g. newsletter-4711',
			description: 'Google Cloud project of the dataset',
			type: 'string',
			default: '',
			required: true,
		},
		{
			name: 'dataset',
			displayName: 'Dataset',
			description: 'Dataset of the table',
			type: 'string',
			default: '',
			required: true,
		},
		{
			name: 'table',
			displayName: 'Table',
			description: 'Its columns are named as in event_id; features is repeated',
			type: 'string',
			default: 'email_opens',
			required: true,
		},
	],
	fields: EVENT_FIELDS,
	clickIs: 'a row whose `event` is "click"',
	deduplication: 'insertId = eventId, for about a minute',
	overrideExample: 'plan',
	limits: () => ({ records: 500, bytes: 10_000_000 }),
	map: (event) => warehouseRow(event),
	request: (records, { options }) => ({
		method: 'POST',
		url: `https://bigquery.googleapis.com/bigquery/v2/projects/${encodeURIComponent(options.projectId)}/datasets/${encodeURIComponent(options.dataset)}/tables/${encodeURIComponent(options.table)}/insertAll`,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			skipInvalidRows: true,
			ignoreUnknownValues: true,
			rows: records.map((record) => ({ insertId: record.event_id, json: record })),
		}),
	}),
	outcome(response, records, { now }) {
		if (response.status === 403) {
			const refusal = apiError.safeParse(jsonBodyOrNull(response));
			if (refusal.success && SLOWER.includes(refusal.data.error.errors[0].reason)) {
				return records.map(() => retryable(refusal.data.error.message));
			}
		}
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		const { insertErrors } = inserted.parse(jsonBody(response));
		const byIndex = new Map((insertErrors ?? []).map((row) => [row.index, row.errors]));
		return records.map((_, index) => {
			const error = byIndex.get(index)?.[0];
			if (!error) return delivered;
			const where = error.location ? ` (${error.location})` : '';
			const reason = `${error.reason}: ${error.message ?? ''}${where}`;
			return PASSES.includes(error.reason) ? retryable(reason) : rejected(reason);
		});
	},
});
