import { findSink } from '../../../../src/sinks/registry';
import { anOpen, answer, bodyOf, NOW, opens, plainOpens, run } from '../harness';

const ANONYMOUS = { recipientId: null, trackingMode: 'aggregate' } as const;

describe('PostHog (https://posthog.com/docs/api/capture)', () => {
	const sink = findSink('postHog');

	it('captures a batch under the project key, with the event id as uuid', async () => {
		const { requests } = await run(sink, opens(2), [answer(200, { status: 1 })]);
		expect(requests).toHaveLength(1);
		expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://us.i.posthog.com/batch/' });
		expect(bodyOf(requests[0])).toEqual({
			api_key: 'projectApiKey-value',
			batch: [1, 2].map((number) => ({
				event: 'email opened',
				distinct_id: `ada${number}@example.com`,
				uuid: anOpen(number).eventId,
				timestamp: anOpen(number).occurredAt,
				properties: {
					event_id: anOpen(number).eventId,
					pixel_id: 'pixel-1',
					campaign_id: 'autumn',
					message_id: 'message-1',
					tracking_mode: 'identified',
					purpose: 'performance',
					actor: 'human',
					actor_reason: 'ua-thunderbird',
					client_family: 'Thunderbird',
					client_os: 'Linux',
					client_device: 'desktop',
					counted: true,
					$geoip_disable: true,
				},
			})),
		});
	});

	it('makes no person of an open without recipient, and links no two of them', async () => {
		const { requests } = await run(sink, opens(2, ANONYMOUS), [answer(200, { status: 1 })]);
		const { batch } = bodyOf(requests[0]) as { batch: Array<Record<string, unknown>> };
		expect(batch[0].distinct_id).not.toBe(batch[1].distinct_id);
		expect(batch[0].properties).toMatchObject({ $process_person_profile: false });
	});

	it('does not call an event delivered that the quota kept out', async () => {
		const limited = answer(200, { status: 'Ok', quota_limited: ['events'] });
		const { statuses, requests } = await run(sink, opens(1), [limited]);
		expect(statuses).toEqual(['retryable']);
		expect(requests).toHaveLength(1);
	});
});

describe('Segment (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/)', () => {
	const sink = findSink('segment');

	it('tracks "Email Opened" with the event id as messageId and the write key as user name', async () => {
		const { requests } = await run(sink, opens(1), [answer(200, { success: true })]);
		expect(requests[0].url).toBe('https://api.segment.io/v1/batch');
		expect(bodyOf(requests[0])).toMatchObject({
			batch: [
				{
					type: 'track',
					event: 'Email Opened',
					userId: 'ada1@example.com',
					messageId: anOpen(1).eventId,
					timestamp: anOpen(1).occurredAt,
					properties: { campaign_id: 'autumn' },
				},
			],
		});
		expect(sink.credential.authenticate?.({ writeKey: 'abc123' })).toEqual({
			headers: { authorization: 'Basic YWJjMTIzOg==' },
		});
	});

	it('finds the event that is over 32 KB behind a 400', async () => {
		const events = opens(4);
		const { statuses } = await run(sink, events, [
			(request) =>
				request.body?.includes(events[2].eventId)
					? answer(400, { success: false, message: 'malformed JSON', code: 'invalid_request' })
					: answer(200, { success: true }),
		]);
		expect(statuses).toEqual(['delivered', 'delivered', 'rejected', 'delivered']);
	});

	it('keeps a request below 500 KB', async () => {
		const long = opens(2000, { campaignId: 'c'.repeat(400) });
		const { requests } = await run(sink, long, [answer(200, { success: true })]);
		expect(requests.length).toBeGreaterThan(1);
		for (const { body } of requests)
			expect(Buffer.byteLength(body ?? '')).toBeLessThanOrEqual(500_000);
	});
});

describe('Mixpanel (https://docs.mixpanel.com/reference/import-events)', () => {
	const sink = findSink('mixpanel');

	it('imports strictly, with the event id as $insert_id', async () => {
		const { requests } = await run(
			sink,
			[anOpen(1), anOpen(2, ANONYMOUS)],
			[answer(200, { code: 200, num_records_imported: 2, status: 'OK' })],
		);
		expect(requests[0]).toMatchObject({
			url: 'https://api.mixpanel.com/import',
			query: { strict: '1' },
		});
		expect(bodyOf(requests[0])).toMatchObject([
			{
				event: 'Email Opened',
				properties: {
					$insert_id: anOpen(1).eventId,
					distinct_id: 'ada1@example.com',
					time: Date.parse(anOpen(1).occurredAt),
				},
			},
			{ properties: { distinct_id: '' } },
		]);
	});

	it('rejects exactly the failed records of a 400 (https://docs.mixpanel.com/troubleshooting/errors/400-bad-request)', async () => {
		const message = "'properties.time' is invalid: must be specified as seconds since epoch";
		const { deliveries, requests } = await run(sink, opens(4), [
			answer(400, {
				code: 400,
				error: 'some data points in the request failed validation',
				status: 'Bad Request',
				num_records_imported: 2,
				failed_records: [0, 3].map((index) => ({
					index,
					insert_id: anOpen(index + 1).eventId,
					field: 'properties.time',
					message,
				})),
			}),
		]);
		expect(requests).toHaveLength(1);
		expect(deliveries).toEqual([
			{ status: 'rejected', reason: message },
			{ status: 'delivered' },
			{ status: 'delivered' },
			{ status: 'rejected', reason: message },
		]);
	});
});

describe('Amplitude (https://amplitude.com/docs/apis/analytics/batch-event-upload)', () => {
	const sink = findSink('amplitude');
	const good = answer(200, { code: 200, events_ingested: 1 });

	it('uploads with insert_id, and takes short ids too', async () => {
		const { requests } = await run(sink, plainOpens(1), [good]);
		expect(requests[0].url).toBe('https://api2.amplitude.com/batch');
		expect(bodyOf(requests[0])).toMatchObject({
			api_key: 'apiKey-value',
			options: { min_id_length: 1 },
			events: [{ user_id: 'r1', insert_id: anOpen(1).eventId, event_type: 'Email Opened' }],
		});
	});

	it('sends the rest again when some events make it refuse the batch', async () => {
		const { deliveries, requests, elapsedMs } = await run(sink, opens(4), [
			answer(400, {
				code: 400,
				error: 'Request missing required field',
				missing_field: null,
				events_with_invalid_fields: { time: [1] },
				events_with_missing_fields: { event_type: [3] },
			}),
			answer(200, { code: 200, events_ingested: 2 }),
		]);
		expect((bodyOf(requests[1]) as { events: unknown[] }).events).toHaveLength(2);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'time is not valid' },
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'event_type is missing' },
		]);
		expect(elapsedMs).toBeLessThanOrEqual(1000);
	});

	it('keeps the events of a user whose daily quota is used up for later', async () => {
		const { statuses, elapsedMs } = await run(sink, plainOpens(2), [
			answer(429, {
				code: 429,
				error: 'Too many requests for some devices and users',
				eps_threshold: 1000,
				throttled_users: { r2: 1100 },
				exceeded_daily_quota_users: { r1: 500_000 },
				throttled_events: [1],
			}),
			good,
		]);
		expect(statuses).toEqual(['retryable', 'delivered']);
		expect(elapsedMs).toBe(30_000);
	});

	it('splits what is too large', async () => {
		const { statuses, requests } = await run(sink, opens(2), [
			answer(413, { code: 413, error: 'Payload too large' }),
			good,
			good,
		]);
		expect(statuses).toEqual(['delivered', 'delivered']);
		expect(requests).toHaveLength(3);
	});
});

describe('Google Analytics (https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events)', () => {
	const sink = findSink('googleAnalytics');
	const good = answer(204);

	it('sends one client per request, at most 25 events', async () => {
		const events = [
			...opens(30, { recipientId: 'r1' }),
			...[31, 32].map((number) => anOpen(number, { recipientId: 'r2' })),
		];
		const { requests, statuses } = await run(sink, events, [good]);
		const bodies = requests.map(bodyOf) as Array<{ client_id: string; events: unknown[] }>;
		expect(bodies.map((body) => [body.client_id, body.events.length])).toEqual([
			['r1', 25],
			['r1', 5],
			['r2', 2],
		]);
		expect(new Set(statuses)).toEqual(new Set(['delivered']));
		expect(bodies[0]).toMatchObject({ user_id: 'r1', non_personalized_ads: true });
		expect(requests[0].url).toBe('https://www.google-analytics.com/mp/collect');
		expect(JSON.stringify(requests)).not.toContain('apiSecret');
	});

	it('keeps the time of the open, and leaves out values Google would refuse', async () => {
		const long = anOpen(1, { recipientId: 'r1', messageId: 'm'.repeat(101) });
		const { requests } = await run(sink, [long], [good]);
		const [event] = (bodyOf(requests[0]) as { events: Array<Record<string, object>> }).events;
		expect(event.timestamp_micros).toBe(Date.parse(long.occurredAt) * 1000);
		expect(event.params).not.toHaveProperty('message_id');
		expect(event.params).toHaveProperty('campaign_id', 'autumn');
	});

	it('refuses email addresses, which Google forbids, and opens older than 72 hours', async () => {
		const old = new Date(NOW.getTime() - 73 * 3_600_000).toISOString();
		const { deliveries, requests } = await run(
			sink,
			[anOpen(1), anOpen(2, { recipientId: 'r2', occurredAt: old })],
			[good],
		);
		expect(requests).toHaveLength(0);
		expect(deliveries.map((one) => one.status)).toEqual(['rejected', 'rejected']);
		expect(deliveries[0]).toMatchObject({
			reason: expect.stringContaining('Google Analytics forbids'),
		});
	});
});

describe('Matomo (https://developer.matomo.org/api-reference/tracking-api#bulk-tracking)', () => {
	const sink = findSink('matomo');

	it('tracks oldest first, as an event, not under the address of this server', async () => {
		const { requests } = await run(
			sink,
			[anOpen(2), anOpen(1), anOpen(3, { ...ANONYMOUS, actor: 'scanner' })],
			[answer(200, { status: 'success', tracked: 3, invalid: 0, invalid_indices: [] })],
		);
		expect(requests[0].url).toBe('https://matomo.example.com/matomo.php');
		const body = bodyOf(requests[0]) as { requests: string[]; token_auth: string };
		expect(body.token_auth).toBe('tokenAuth-value');
		const hits = body.requests.map((text) => Object.fromEntries(new URLSearchParams(text)));
		expect(hits.map((hit) => hit.uid)).toEqual(['ada1@example.com', 'ada2@example.com', undefined]);
		expect(hits[0]).toMatchObject({
			idsite: '1',
			rec: '1',
			e_c: 'Email',
			e_a: 'Open',
			e_n: 'autumn',
			cip: '0.0.0.0',
			cdt: String(Date.parse(anOpen(1).occurredAt) / 1000),
		});
		expect(hits[2]).toMatchObject({
			e_a: 'Open (scanner)',
			cid: expect.stringMatching(/^[0-9a-f]{16}$/),
		});
	});

	it('rejects the requests it names as invalid, by the order they were sent in', async () => {
		const { statuses } = await run(
			sink,
			[anOpen(3), anOpen(1), anOpen(2)],
			[answer(200, { status: 'success', tracked: 2, invalid: 1, invalid_indices: [0] })],
		);
		expect(statuses).toEqual(['delivered', 'rejected', 'delivered']);
	});

	it('does not guess which requests are invalid when the token was not accepted', async () => {
		const { statuses, requests } = await run(sink, opens(2), [
			answer(200, { status: 'success', tracked: 1, invalid: 1 }),
		]);
		expect(statuses).toEqual(['retryable', 'retryable']);
		expect(requests).toHaveLength(1);
	});
});

describe('Snowplow (https://docs.snowplow.io/docs/events/going-deeper/http-requests/)', () => {
	it('posts self-describing events with the event id as eid', async () => {
		const sink = findSink('snowplow');
		const { requests } = await run(sink, [anOpen(1)], [answer(200, 'ok')]);
		expect(requests[0].url).toBe('https://snowplow.example.com/com.snowplowanalytics.snowplow/tp2');
		const body = bodyOf(requests[0]) as { schema: string; data: Array<Record<string, string>> };
		expect(body.schema).toBe('iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4');
		const [{ ue_pr: described, ...own }] = body.data;
		expect(own).toEqual({
			e: 'ue',
			p: 'srv',
			tv: 'n8n-email-open-tracking',
			tna: 'email-open-tracking',
			aid: 'email',
			eid: anOpen(1).eventId,
			uid: 'ada1@example.com',
			dtm: String(Date.parse(anOpen(1).occurredAt)),
			stm: String(NOW.getTime()),
		});
		expect(JSON.parse(described)).toMatchObject({
			schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
			data: {
				schema: 'iglu:com.example/email_open/jsonschema/1-0-0',
				data: { eventId: anOpen(1).eventId, client: { family: 'Thunderbird' } },
			},
		});
		expect(described).not.toContain('null');
	});
});
