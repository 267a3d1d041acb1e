import fc from 'fast-check';

import { deliver } from '../../../../src/sinks/delivery/deliver';
import { httpFailure, jsonBody } from '../../../../src/sinks/http-answer';
import {
	defineSink,
	delivered,
	type RecordOutcome,
	rejected,
	retryable,
} from '../../../../src/sinks/sink';
import { anOpen, answer, bodyOf, fakeDeps, opens, run } from '../harness';

type Stub = { id: string; recipient: string | null };

/** A destination whose JSON answer says of each id what became of it. */
const stub = defineSink({
	name: 'stub',
	displayName: 'Stub',
	kind: 'analytics',
	description: 'Takes what it says it takes',
	docsUrl: 'https://example.com/docs',
	credential: {
		name: 'stubApi',
		displayName: 'Stub API',
		docsUrl: 'https://example.com/docs',
		fields: [{ name: 'token', displayName: 'Token', secret: true, default: '', required: true }],
	},
	parameters: [],
	fields: ['eventId', 'recipientId'],
	clickIs: null,
	deduplication: 'id',
	overrideExample: 'plan',
	limits: () => ({ records: 10, bytes: 2000 }),
	map: (event): Stub => ({ id: event.eventId, recipient: event.recipientId }),
	request: (records) => ({
		method: 'POST',
		url: 'https://stub.example.com/batch',
		body: JSON.stringify(records),
	}),
	outcome(response, records, { now }) {
		const failure = httpFailure(response, records, now);
		if (failure) return failure;
		return (jsonBody(response) as string[]).map(
			(word): RecordOutcome<Stub> =>
				word === 'ok' ? delivered : word === 'no' ? rejected('no thanks') : retryable('busy'),
		);
	},
});

const ok = (count: number) => answer(200, Array<string>(count).fill('ok'));
const ids = (request: { body: string | null }) =>
	(JSON.parse(request.body ?? '[]') as Stub[]).map((record) => Number(record.id.slice(-12)));

describe('delivering a batch', () => {
	it('delivers everything in batches no larger than the destination or the user allows', async () => {
		const { statuses, requests } = await run(stub, opens(23), [ok(10), ok(10), ok(3)]);
		expect(statuses).toEqual(Array(23).fill('delivered'));
		expect(requests.map((request) => ids(request).length)).toEqual([10, 10, 3]);

		const small = await run(stub, opens(5), [ok(2), ok(2), ok(1)], { batchSize: 2 });
		expect(small.requests.map((request) => ids(request).length)).toEqual([2, 2, 1]);
	});

	it('gives exactly the refused half of a batch back as failed, in input order', async () => {
		const { deliveries } = await run(stub, opens(4), [answer(200, ['ok', 'no', 'ok', 'no'])]);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'no thanks' },
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'no thanks' },
		]);
	});

	it('sends again only what was not taken', async () => {
		const { statuses, requests } = await run(stub, opens(3), [
			answer(200, ['ok', 'busy', 'busy']),
			answer(200, ['busy', 'ok']),
			ok(1),
		]);
		expect(requests.map(ids)).toEqual([[1, 2, 3], [2, 3], [2]]);
		expect(statuses).toEqual(['delivered', 'delivered', 'delivered']);
	});

	it('gives up after the last attempt and says why', async () => {
		const { deliveries, requests } = await run(stub, opens(1), [answer(503, 'overloaded')], {
			maxAttempts: 3,
		});
		expect(requests).toHaveLength(3);
		expect(deliveries).toEqual([{ status: 'retryable', reason: 'HTTP 503: overloaded' }]);
	});

	it('waits longer after each failure, up to the longest pause', async () => {
		const failing = [answer(500)];
		const { elapsedMs } = await run(stub, opens(1), failing, { maxAttempts: 4 });
		expect(elapsedMs).toBe(0.75 * (1000 + 2000 + 4000));
		const capped = await run(stub, opens(1), failing, {
			maxAttempts: 4,
			backoff: { firstMs: 1000, longestMs: 1500 },
		});
		expect(capped.elapsedMs).toBe(0.75 * (1000 + 1500 + 1500));
	});

	it.each([
		['seconds', '7', 7000],
		['an HTTP date', 'Sat, 21 Nov 2026 12:00:20 GMT', 20_000],
	])('waits as long as Retry-After asks in %s', async (_, header, wait) => {
		const { elapsedMs, statuses } = await run(stub, opens(1), [
			answer(429, '', { 'retry-after': header }),
			ok(1),
		]);
		expect(elapsedMs).toBe(wait);
		expect(statuses).toEqual(['delivered']);
	});

	it('holds back the other batches while the destination asks to wait', async () => {
		const times: number[] = [];
		let calls = 0;
		const deps = fakeDeps(async () => {
			times.push(deps.elapsedMs());
			calls += 1;
			return calls === 1 ? answer(429, '', { 'retry-after': '30' }) : ok(1);
		});
		const settings = {
			options: {},
			credential: { token: 't' },
			batchSize: 1,
			concurrency: 1,
			maxAttempts: 3,
			timeoutMs: 1000,
			maxTotalMs: 120_000,
			backoff: { firstMs: 100, longestMs: 100 },
		};
		await deliver(
			opens(3).map((event) => ({ event })),
			stub,
			settings,
			deps,
		);
		expect(times[0]).toBe(0);
		expect(Math.min(...times.slice(1))).toBe(30_000);
	});

	it('does not wait past the time limit, and says how long it would have been', async () => {
		const { deliveries, elapsedMs } = await run(
			stub,
			opens(1),
			[answer(429, '', { 'retry-after': '3600' })],
			{ maxTotalMs: 10_000 },
		);
		expect(elapsedMs).toBe(0);
		expect(deliveries[0]).toEqual({
			status: 'retryable',
			reason: 'HTTP 429 (to be tried again after 3600 s, which is past the time limit)',
		});
	});

	it('leaves what it had no time for as retryable', async () => {
		const slow = fakeDeps(async () => {
			await slow.sleep(8000);
			return ok(1);
		});
		const settings = {
			options: {},
			credential: { token: 't' },
			batchSize: 1,
			concurrency: 1,
			maxAttempts: 3,
			timeoutMs: 60_000,
			maxTotalMs: 10_000,
			backoff: { firstMs: 1, longestMs: 1 },
		};
		const items = opens(4).map((event) => ({ event }));
		const deliveries = await deliver(items, stub, settings, slow);
		expect(deliveries[3]).toEqual({
			status: 'retryable',
			reason: 'Not sent within the time limit of 10 s',
		});
	});

	it('takes a request without answer for not delivered', async () => {
		let sent = 0;
		const deps = fakeDeps(() => {
			sent += 1;
			return new Promise(() => undefined);
		});
		const settings = {
			options: {},
			credential: { token: 't' },
			batchSize: 10,
			concurrency: 1,
			maxAttempts: 2,
			timeoutMs: 500,
			maxTotalMs: 60_000,
			backoff: { firstMs: 1, longestMs: 1 },
		};
		const deliveries = await deliver([{ event: anOpen() }], stub, settings, deps);
		expect(deliveries).toEqual([{ status: 'retryable', reason: 'No answer within 1 s' }]);
		expect(sent).toBe(2);
	});

	it('names a connection fault by its code, never by a message with an address in it', async () => {
		const fault = Object.assign(new Error('connect https://key:secret@host'), {
			code: 'ECONNRESET',
		});
		const { deliveries } = await run(stub, opens(1), [fault], { maxAttempts: 1 });
		expect(deliveries).toEqual([{ status: 'retryable', reason: 'No answer (ECONNRESET)' }]);
	});

	it.each([
		['not JSON', answer(200, '<html>welcome</html>')],
		['too few outcomes', ok(1)],
		['too many outcomes', ok(3)],
	])('does not believe a malformed answer: %s', async (_, malformed) => {
		const { statuses, requests } = await run(stub, opens(2), [malformed, ok(2)]);
		expect(requests.map(ids)).toEqual([
			[1, 2],
			[1, 2],
		]);
		expect(statuses).toEqual(['delivered', 'delivered']);
	});

	it('does not repeat a login that failed, and keeps the events for later', async () => {
		const { deliveries, requests } = await run(stub, opens(2), [
			answer(401, { message: 'bad token' }),
		]);
		expect(requests).toHaveLength(1);
		expect(deliveries[0]).toEqual({
			status: 'retryable',
			reason: 'HTTP 401: bad token. Check the credential and its rights',
		});
	});

	it('splits a batch that is too large in bytes, and rejects a record that is too large alone', async () => {
		const long = { ...anOpen(2), recipientId: 'x'.repeat(3000) };
		const events = [anOpen(1), long, anOpen(3)];
		const { statuses, requests } = await run(stub, events, [(request) => ok(ids(request).length)]);
		expect(statuses).toEqual(['delivered', 'rejected', 'delivered']);
		expect(requests.flatMap(ids).sort()).toEqual([1, 3]);
	});

	it.each([413, 400, 422])(
		'finds the record that makes the whole batch fail with %s',
		async (status) => {
			const { deliveries, requests } = await run(stub, opens(8), [
				(request) =>
					ids(request).includes(6) ? answer(status, 'bad record') : ok(ids(request).length),
			]);
			expect(deliveries.map((one) => one.status)).toEqual([
				...Array<string>(5).fill('delivered'),
				'rejected',
				'delivered',
				'delivered',
			]);
			expect(deliveries[5]).toEqual({ status: 'rejected', reason: `HTTP ${status}: bad record` });
			expect(requests.length).toBeLessThanOrEqual(7);
		},
	);

	it('stops looking for bad records when nearly all are bad', async () => {
		const big = { ...stub, limits: () => ({ records: 500, bytes: 1_000_000 }) };
		const { requests, statuses } = await run(big, opens(500), [answer(400, 'wrong column')]);
		expect(requests.length).toBeLessThanOrEqual(65);
		expect(new Set(statuses)).toEqual(new Set(['rejected', 'retryable']));
	});

	it('sends an event that comes twice once, and answers for both', async () => {
		const { statuses, requests } = await run(stub, [anOpen(1), anOpen(2), anOpen(1)], [ok(2)]);
		expect(requests.map(ids)).toEqual([[1, 2]]);
		expect(statuses).toEqual(['delivered', 'delivered', 'delivered']);
	});

	it('cuts secrets and addresses out of what the destination says', async () => {
		const said = 'token s3cr3t-value is wrong for ada@example.com';
		const { deliveries } = await run(stub, opens(1), [answer(400, said)], {
			credential: { token: 's3cr3t-value' },
		});
		expect(deliveries).toEqual([
			{ status: 'rejected', reason: 'HTTP 400: token [secret] is wrong for [address]' },
		]);
	});

	it('merges the user’s own values over the mapped record', async () => {
		const { requests } = await run(
			stub,
			[{ event: anOpen(1), overrides: [{ field: 'extra.plan', value: 'pro' }] }, anOpen(2)],
			[ok(2)],
		);
		expect(bodyOf(requests[0])).toMatchObject([
			{ extra: { plan: 'pro' } },
			{ recipient: 'ada2@example.com' },
		]);
	});

	it('rejects only the item whose mapping is wrong', async () => {
		const { deliveries } = await run(
			stub,
			[{ event: anOpen(1), overrides: [{ field: '__proto__.x', value: 1 }] }, anOpen(2)],
			[ok(1)],
		);
		expect(deliveries[0]).toMatchObject({ status: 'rejected' });
		expect(deliveries[1]).toEqual({ status: 'delivered' });
	});

	it('never sends an event whose tracking mode forbids its recipient', async () => {
		const events = (['off', 'aggregate', 'hygiene', 'pseudonymous'] as const).map(
			(trackingMode, index) => anOpen(index + 1, { trackingMode }),
		);
		const { deliveries, requests } = await run(stub, events, [ok(1)]);
		expect(requests.map(ids)).toEqual([[4]]);
		expect(deliveries.map((one) => one.status)).toEqual([
			'rejected',
			'rejected',
			'rejected',
			'delivered',
		]);
		expect(deliveries[1]).toMatchObject({
			reason: expect.stringContaining('trackingMode aggregate forbids'),
		});
	});
});

describe('outcomes', () => {
	const word = fc.constantFrom('ok', 'no', 'busy');
	const reply = fc.oneof(
		{ weight: 6, arbitrary: fc.array(word, { minLength: 1, maxLength: 12 }) },
		{ weight: 1, arbitrary: fc.constantFrom(400, 401, 413, 429, 500, 302) },
		{ weight: 1, arbitrary: fc.constant('drop' as const) },
	);

	it('cover every event exactly once, in input order, whatever the destination answers', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 25 }),
				fc.array(reply, { minLength: 1, maxLength: 20 }),
				fc.integer({ min: 1, max: 4 }),
				fc.integer({ min: 1, max: 12 }),
				async (numbers, replies, concurrency, batchSize) => {
					let turn = 0;
					const taken = new Map<number, number>();
					const refused = new Set<number>();
					const { deliveries } = await run(
						stub,
						numbers.map((number) => anOpen(number)),
						[
							(request) => {
								const next = replies[turn % replies.length];
								turn += 1;
								if (next === 'drop') throw Object.assign(new Error(), { code: 'ECONNRESET' });
								if (typeof next === 'number') return answer(next);
								const sent = ids(request);
								const words = sent.map((_, index) => next[index % next.length]);
								sent.forEach((number, index) => {
									if (words[index] === 'ok') taken.set(number, (taken.get(number) ?? 0) + 1);
									if (words[index] === 'no') refused.add(number);
								});
								return answer(200, words);
							},
						],
						{ concurrency, batchSize },
					);
					expect(deliveries).toHaveLength(numbers.length);
					numbers.forEach((number, index) => {
						const { status } = deliveries[index];
						expect(status === 'delivered').toBe(taken.has(number));
						if (refused.has(number)) expect(status).toBe('rejected');
					});
					for (const times of taken.values()) expect(times).toBe(1);
				},
			),
			{ numRuns: 150 },
		);
	});
});
