import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { pause } from '../../../../src/async/backoff';
import { deliver } from '../../../../src/sinks/delivery/deliver';
import { findSink } from '../../../../src/sinks/registry';
import type { SinkRequest, SinkResponse } from '../../../../src/sinks/sink';
import { readOptions } from '../../../../src/sinks/sink-parameters';
import { openEventSchema } from '../../../../src/tracking/event/open-event';
import { anOpen, answer, bodyOf, NOW, opens, run } from '../harness';

const sink = findSink('signedWebhook');

/** What a consumer does, written from the specification alone. */
function signature(secret: string, id: string, timestamp: string, body: string): string {
	const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
	return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

describe('Signed Webhook (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)', () => {
	const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
	const credential = { url: 'https://example.com/hook', signingSecret: secret };

	it('signs what the reference implementations sign', () => {
		// The example that the libraries of the specification test themselves with.
		expect(
			signature(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', '{"test": 2432232314}'),
		).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
	});

	it('posts events with time and signature that a consumer can check', async () => {
		const { requests } = await run(sink, opens(2), [answer(204)], { credential });
		const [{ headers = {}, body, url }] = requests;
		expect(url).toBe('https://example.com/hook');
		expect(headers['webhook-timestamp']).toBe(String(NOW.getTime() / 1000));
		expect(headers['webhook-signature']).toBe(
			signature(secret, headers['webhook-id'], headers['webhook-timestamp'], body ?? ''),
		);
		const { events } = bodyOf(requests[0]) as { events: unknown[] };
		expect(events).toEqual(opens(2));
		for (const event of events) openEventSchema.parse(event);
	});

	it('keeps the id of a request that is repeated, and changes it with the events', async () => {
		const { requests } = await run(sink, opens(1), [answer(500), answer(204)], { credential });
		expect(requests[1].headers?.['webhook-id']).toBe(requests[0].headers?.['webhook-id']);
		const other = await run(sink, [anOpen(2)], [answer(204)], { credential });
		expect(other.requests[0].headers?.['webhook-id']).not.toBe(requests[0].headers?.['webhook-id']);
	});

	it('posts SendGrid open events (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event#open)', async () => {
		const machine = anOpen(2, {
			actor: 'prefetch',
			request: { ...anOpen().request, ip: '192.0.2.0' },
		});
		const { requests } = await run(sink, [anOpen(1), machine], [answer(200)], {
			credential,
			options: { shape: 'sendGrid' },
		});
		expect(bodyOf(requests[0])).toEqual([
			expect.objectContaining({
				email: 'ada1@example.com',
				timestamp: Math.floor(Date.parse(anOpen(1).occurredAt) / 1000),
				event: 'open',
				sg_event_id: anOpen(1).eventId,
				sg_message_id: 'message-1',
				sg_machine_open: false,
				category: ['autumn'],
			}),
			expect.objectContaining({ sg_machine_open: true, ip: '192.0.2.0' }),
		]);
	});

	it('posts Postmark open events, one per request (https://postmarkapp.com/developer/webhooks/open-tracking-webhook)', async () => {
		const { requests } = await run(sink, opens(2), [answer(200)], {
			credential,
			options: { shape: 'postmark' },
		});
		expect(requests).toHaveLength(2);
		expect(bodyOf(requests[0])).toEqual({
			RecordType: 'Open',
			Recipient: 'ada1@example.com',
			MessageID: 'message-1',
			ReceivedAt: anOpen(1).occurredAt,
			Tag: 'autumn',
			Platform: 'desktop',
			Client: { Family: 'Thunderbird', Name: 'Thunderbird' },
			OS: { Family: 'Linux', Name: 'Linux' },
			Metadata: {
				eventId: anOpen(1).eventId,
				pixelId: 'pixel-1',
				trackingMode: 'identified',
				purpose: 'performance',
				actor: 'human',
				actorReason: 'ua-thunderbird',
			},
		});
	});
});

/** Marsaglia's xorshift, so that a failing run can be repeated. */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 2 ** 32;
	};
}

describe('a destination that fails at random', () => {
	let server: Server;
	const stored = new Map<string, number>();
	const random = seeded(20_261_121);
	let failures = 0;

	beforeAll(async () => {
		server = createServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				const dice = random();
				const fail = (status: number, headers: Record<string, string> = {}) => {
					failures += 1;
					response.writeHead(status, headers).end('try again');
				};
				if (dice < 0.1) return fail(503);
				if (dice < 0.18) return fail(429, { 'retry-after': '0' });
				if (dice < 0.24) {
					failures += 1;
					request.socket.destroy();
					return undefined;
				}
				const { events } = JSON.parse(Buffer.concat(chunks).toString()) as {
					events: Array<{ eventId: string }>;
				};
				for (const { eventId } of events) stored.set(eventId, (stored.get(eventId) ?? 0) + 1);
				// Taken, but the sender never hears of it.
				if (dice < 0.32) {
					failures += 1;
					request.socket.destroy();
					return undefined;
				}
				return response.writeHead(204).end();
			});
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	});

	afterAll(() => new Promise((resolve) => server.close(resolve)));

	it('ends with each of 10,000 events delivered, each once by its id, none lost', async () => {
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
		const events = opens(10_000);
		const deliveries = await deliver(
			events.map((event) => ({ event })),
			sink,
			{
				options: readOptions(sink.parameters, {}),
				credential: { url, signingSecret: 'a secret of some length' },
				batchSize: 50,
				concurrency: 4,
				maxAttempts: 30,
				timeoutMs: 5000,
				maxTotalMs: 60_000,
				backoff: { firstMs: 1, longestMs: 4 },
			},
			{ send, sleep: pause, random: seeded(7), now: () => new Date() },
		);
		expect(failures).toBeGreaterThan(50);
		expect(deliveries.filter((one) => one.status !== 'delivered')).toEqual([]);
		expect(deliveries).toHaveLength(10_000);
		expect([...stored.keys()].sort()).toEqual(events.map((event) => event.eventId).sort());
		// Lost answers make the sender repeat; the id makes the repeat the same event.
		expect([...stored.values()].some((times) => times > 1)).toBe(true);
	});
});

async function send(request: SinkRequest): Promise<SinkResponse> {
	const response = await fetch(request.url, {
		method: request.method,
		headers: request.headers,
		body: request.body,
	});
	return {
		status: response.status,
		headers: Object.fromEntries(response.headers),
		body: await response.text(),
	};
}
