import { findSink } from '../../../../src/sinks/registry';
import { EVENT_LEAVES } from '../../../../src/tracking/event/event-fields';
import { anOpen, answer, bodyOf, opens, run } from '../harness';

const ROW_1 = {
	event_id: anOpen(1).eventId,
	event: 'open',
	occurred_at: anOpen(1).occurredAt,
	recipient_id: 'ada1@example.com',
	recipient_reason: null,
	pixel_id: 'pixel-1',
	campaign_id: 'autumn',
	message_id: 'message-1',
	tracking_mode: 'identified',
	purpose: 'performance',
	actor: 'human',
	actor_reason: 'ua-thunderbird',
	rules_version: '1',
	client_family: 'Thunderbird',
	client_os: 'Linux',
	client_device: 'desktop',
	features: [],
	consent_status: 'given',
	consent_record_id: 'consent-1',
	consent_policy: 'consent-required',
	request_ip: null,
	request_user_agent: null,
	request_referer: null,
	request_accept_language: null,
	image_held_ms: null,
	image_held_measurable: null,
};

describe('ClickHouse (https://clickhouse.com/docs/interfaces/http)', () => {
	const sink = findSink('clickHouse');

	it('inserts rows as JSONEachRow under a token that is the same on every try', async () => {
		const { requests } = await run(sink, opens(2), [answer(503, ''), answer(200)]);
		expect(requests[0].query).toMatchObject({
			query: 'INSERT INTO `default`.`email_opens` FORMAT JSONEachRow',
			insert_deduplication_token: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
		expect(requests[1]).toEqual(requests[0]);
		const rows = requests[0].body
			?.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line));
		expect(rows).toHaveLength(2);
		expect(rows?.[0]).toMatchObject(ROW_1);
		expect(Object.keys(rows?.[0])).toEqual(EVENT_LEAVES.map(({ column }) => column));
		expect(requests[0].headers?.['content-type']).not.toContain('json');
	});

	it('finds the row it cannot parse', async () => {
		const events = opens(4);
		const wrong =
			"Code: 27. DB::Exception: Cannot parse input: expected '\"' before: 'x'. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)";
		const { statuses } = await run(sink, events, [
			(request) =>
				request.body?.includes(events[1].eventId)
					? answer(400, wrong, { 'x-clickhouse-exception-code': '27' })
					: answer(200),
		]);
		expect(statuses).toEqual(['delivered', 'rejected', 'delivered', 'delivered']);
	});

	it.each([
		[252, 'Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)', 2],
		[60, 'Code: 60. DB::Exception: Table default.email_opens does not exist. (UNKNOWN_TABLE)', 1],
	])('keeps rows for later on code %s', async (_, text, tries) => {
		const { deliveries, requests } = await run(sink, opens(1), [answer(500, text)], {
			maxAttempts: 2,
		});
		expect(deliveries).toEqual([{ status: 'retryable', reason: text }]);
		expect(requests).toHaveLength(tries);
	});

	it('believes an exception that came after HTTP 200', async () => {
		const late = answer(200, 'Code: 241. DB::Exception: Memory limit exceeded', {
			'x-clickhouse-exception-code': '241',
		});
		const { statuses } = await run(sink, opens(1), [late], { maxAttempts: 1 });
		expect(statuses).toEqual(['retryable']);
	});

	it('takes no table name that could be SQL', async () => {
		const { deliveries, requests } = await run(sink, opens(1), [answer(200)], {
			options: { table: 'x` FORMAT Null; DROP TABLE y' },
		});
		expect(requests).toHaveLength(0);
		expect(deliveries[0]).toMatchObject({ status: 'rejected' });
	});
});

describe('Elasticsearch (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk)', () => {
	const sink = findSink('elasticsearch');

	it('creates documents under their event ids', async () => {
		const { requests } = await run(sink, opens(2), [
			answer(200, {
				took: 1,
				errors: false,
				items: [1, 2].map(() => ({ create: { status: 201 } })),
			}),
		]);
		expect(requests[0]).toMatchObject({
			url: 'https://elasticsearch.example.com/email-opens/_bulk',
			headers: { 'content-type': 'application/x-ndjson' },
		});
		const lines = requests[0].body?.split('\n') ?? [];
		expect(lines).toHaveLength(5);
		expect(lines[4]).toBe('');
		expect(JSON.parse(lines[0])).toEqual({ create: { _id: anOpen(1).eventId } });
		expect(JSON.parse(lines[1])).toEqual({ '@timestamp': anOpen(1).occurredAt, ...anOpen(1) });
	});

	it('takes 409 for delivered, 4xx for rejected, and sends 429 again', async () => {
		const refused = { type: 'document_parsing_exception', reason: 'failed to parse field [actor]' };
		const full = { type: 'es_rejected_execution_exception', reason: 'rejected execution' };
		const there = { type: 'version_conflict_engine_exception', reason: 'document already exists' };
		const { deliveries, requests } = await run(sink, opens(4), [
			answer(200, {
				took: 30,
				errors: true,
				items: [
					{ create: { _id: anOpen(1).eventId, status: 201 } },
					{ create: { _id: anOpen(2).eventId, status: 409, error: there } },
					{ create: { _id: anOpen(3).eventId, status: 400, error: refused } },
					{ create: { _id: anOpen(4).eventId, status: 429, error: full } },
				],
			}),
			answer(200, { took: 1, errors: false, items: [{ create: { status: 201 } }] }),
		]);
		expect(requests).toHaveLength(2);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'delivered' },
			{
				status: 'rejected',
				reason: 'document_parsing_exception: failed to parse field [actor]',
			},
			{ status: 'delivered' },
		]);
	});

	it('logs in by API key or by name and password', () => {
		const { authenticate } = sink.credential;
		expect(authenticate?.({ login: 'apiKey', apiKey: 'k' })).toEqual({
			headers: { authorization: 'ApiKey k' },
		});
		expect(authenticate?.({ login: 'basic', user: 'u', password: 'p' })).toEqual({
			headers: { authorization: 'Basic dTpw' },
		});
	});
});

describe('BigQuery (https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll)', () => {
	const sink = findSink('bigQuery');
	const kind = 'bigquery#tableDataInsertAllResponse';

	it('streams rows with the event id as insertId', async () => {
		const { requests } = await run(sink, opens(1), [answer(200, { kind })], {
			options: { projectId: 'p', dataset: 'd' },
		});
		expect(requests[0].url).toBe(
			'https://bigquery.googleapis.com/bigquery/v2/projects/p/datasets/d/tables/email_opens/insertAll',
		);
		expect(bodyOf(requests[0])).toEqual({
			skipInvalidRows: true,
			ignoreUnknownValues: true,
			rows: [{ insertId: anOpen(1).eventId, json: expect.objectContaining(ROW_1) }],
		});
	});

	it('rejects the invalid rows by index, and sends the stopped ones again', async () => {
		const invalid = {
			reason: 'invalid',
			location: 'occurred_at',
			message: 'Invalid datetime string',
		};
		const stopped = { reason: 'stopped', location: '', message: '' };
		const { deliveries, requests } = await run(sink, opens(3), [
			answer(200, {
				kind,
				insertErrors: [
					{ index: 1, errors: [invalid] },
					{ index: 2, errors: [stopped] },
				],
			}),
			answer(200, { kind }),
		]);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'invalid: Invalid datetime string (occurred_at)' },
			{ status: 'delivered' },
		]);
		expect((bodyOf(requests[1]) as { rows: unknown[] }).rows).toHaveLength(1);
	});

	it('tells "slower" from "no rights" among its 403s', async () => {
		const refusal = (reason: string) =>
			answer(403, { error: { code: 403, message: 'Exceeded rate limits', errors: [{ reason }] } });
		const slower = await run(sink, opens(1), [refusal('rateLimitExceeded'), answer(200, { kind })]);
		expect(slower.statuses).toEqual(['delivered']);
		const forbidden = await run(sink, opens(1), [refusal('accessDenied')]);
		expect(forbidden.requests).toHaveLength(1);
		expect(forbidden.statuses).toEqual(['retryable']);
	});
});
