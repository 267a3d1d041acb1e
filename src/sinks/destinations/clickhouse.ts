import { createHash } from 'node:crypto';

import { EVENT_FIELDS } from '../../tracking/event/event-fields';
import { warehouseRow } from '../event-properties';
import { httpFailure, vendorMessage } from '../http-answer';
import { defineSink, delivered, retryable, retryLater, type SinkResponse } from '../sink';
import { trimUrl } from '../url';

/** Error codes that pass by themselves: load, memory, replicas, timeouts. */
const PASSES = [159, 160, 164, 202, 203, 209, 210, 236, 241, 242, 243, 252, 285, 319, 999];
/** Error codes about login, rights, or a table that is not there. */
const FIX_SETUP = [60, 81, 192, 193, 194, 497, 516];
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * ClickHouse, HTTP interface: https://clickhouse.com/docs/interfaces/http
 * One `INSERT … FORMAT JSONEachRow` per batch, all or nothing. `insert_deduplication_token` is made
 * of the event ids, so a batch whose answer was lost is not stored twice (tables with replication,
 * or with `non_replicated_deduplication_window` set). Error codes:
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
export const clickHouse = defineSink({
	name: 'clickHouse',
	displayName: 'ClickHouse',
	kind: 'warehouse',
	description:
		'Inserts each open and each click as a row; columns the table does not have are left out',
	docsUrl: 'https://clickhouse.com/docs/interfaces/http',
	credential: {
		name: 'openTrackingClickHouseApi',
		displayName: 'Open Tracking ClickHouse API',
		docsUrl: 'https://clickhouse.com/docs/interfaces/http#default-database',
		fields: [
			{
				name: 'url',
				displayName: 'URL',
				secret: false,
				default: '',
				required: true,
				placeholder: 'e.g. https://clickhouse.example.com:8443',
			},
			{ name: 'user', displayName: 'User', secret: false, default: 'default', required: true },
			{ name: 'password', displayName: 'Password', secret: true, default: '', required: false },
		],
		authenticate: ({ user, password }) => ({
			headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
		}),
		test: ({ url }) => ({
			method: 'POST',
			url: `${trimUrl(url)}/`,
			headers: { 'content-type': 'text/plain' },
			body: 'SELECT 1',
			ok: [200],
			proves: 'ClickHouse lets the user in',
		}),
	},
	parameters: [
		{
			name: 'database',
			displayName: 'Database',
			description: 'Letters, digits and underscores',
			type: 'string',
			default: 'default',
			required: true,
		},
		{
			name: 'table',
			displayName: 'Table',
			description: 'Letters, digits and underscores; its columns are named as in event_id',
			type: 'string',
			default: 'email_opens',
			required: true,
		},
	],
	fields: EVENT_FIELDS,
	clickIs: 'a row whose `event` is "click"',
	deduplication: 'insert_deduplication_token = hash of the event ids of the batch',
	overrideExample: 'plan',
	limits: () => ({ records: 10_000, bytes: 10_000_000 }),
	map: (event) => warehouseRow(event),
	request(records, { credential, options }) {
		for (const name of [options.database, options.table]) {
			if (!NAME.test(name)) {
				throw new Error(`"${name}" is not a name of letters, digits and underscores`);
			}
		}
		const ids = records.map((record) => String(record.event_id)).join('\n');
		return {
			method: 'POST',
			url: `${trimUrl(credential.url)}/`,
			query: {
				query: `INSERT INTO \`${options.database}\`.\`${options.table}\` FORMAT JSONEachRow`,
				insert_deduplication_token: createHash('sha256').update(ids).digest('hex'),
				date_time_input_format: 'best_effort',
				input_format_skip_unknown_fields: '1',
				wait_end_of_query: '1',
			},
			// Not application/json: HTTP clients would read several rows as one broken document.
			headers: { 'content-type': 'text/plain; charset=utf-8' },
			body: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
		};
	},
	outcome(response, records, { now }) {
		const code = errorCode(response);
		if (code !== null) {
			const reason = vendorMessage(response.body) ?? `Code: ${code}`;
			if (PASSES.includes(code)) return records.map(() => retryable(reason));
			if (FIX_SETUP.includes(code)) return records.map(() => retryLater(reason));
			return { split: reason };
		}
		return httpFailure(response, records, now) ?? records.map(() => delivered);
	},
});

/** The code of a ClickHouse exception; errors found late come with HTTP 200 and this header. */
function errorCode({ headers, body }: SinkResponse): number | null {
	const named = headers['x-clickhouse-exception-code'];
	if (named !== undefined) return Number(named);
	const written = typeof body === 'string' ? /^Code: (\d+)\./.exec(body) : null;
	return written ? Number(written[1]) : null;
}
