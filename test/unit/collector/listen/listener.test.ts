import { request } from 'node:http';

import { readRecord } from '../../../../src/collector/log/log-record';
import { signToken } from '../../../../src/tracking/links/token';
import { PIXEL_PNG } from '../../../../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../../../../src/tracking/receive/pixel-response';
import {
	KEY_RING,
	listen,
	RawClient,
	RECEIVE,
	type TestListener,
} from '../../../support/collector-listener';

const TRANSPORT_HEADERS = ['date', 'connection', 'keep-alive'];

async function expectPixel(response: Response, { body = true } = {}): Promise<void> {
	expect(response.status).toBe(200);
	const headers = Object.fromEntries(
		[...response.headers].filter(([name]) => !TRANSPORT_HEADERS.includes(name)),
	);
	expect(headers).toEqual(pixelHeaders(PIXEL_PNG.length));
	const bytes = Buffer.from(await response.arrayBuffer());
	expect(bytes.equals(body ? PIXEL_PNG : Buffer.alloc(0))).toBe(true);
}

const claims = {
	recipientId: 'r-7',
	pixelId: '0198c0de-0000-7000-8000-000000000001',
	campaignId: 'spring',
	messageId: null,
	trackingMode: null,
	purpose: null,
	issuedAt: new Date('2026-11-01T00:00:00Z'),
	preview: false,
};

describe('the listener of the collector', () => {
	let server: TestListener;
	const start = async (...options: Parameters<typeof listen>) =>
		(server = await listen(...options));
	afterEach(async () => await server?.stop());

	it('answers with the pixel, with the same bytes and headers as the trigger, and logs the open', async () => {
		await start();
		await expectPixel(
			await fetch(`${server.url}/webhook/email-open/pixel.png?id=42&campaignId=spring`),
		);
		expect(server.events()).toEqual([
			expect.objectContaining({
				event: 'open',
				recipientId: '42',
				campaignId: 'spring',
				recipientReason: null,
				trackingMode: 'identified',
				request: { ip: null, userAgent: null, referer: null, acceptLanguage: null },
			}),
		]);
		expect(server.counters).toMatchObject({ requests: 1, answered: 1, recorded: 1, commits: 1 });
	});

	it('reads signed links, and gives a forged one the same answer', async () => {
		await start();
		const token = signToken(claims, KEY_RING, { iv: Buffer.alloc(12, 1) });
		await expectPixel(await fetch(`${server.url}/o.png?t=${token}&id=other`));
		await expectPixel(await fetch(`${server.url}/o.png?t=${token.slice(0, -2)}xx&id=other`));
		expect(server.events()).toEqual([
			expect.objectContaining({ recipientId: 'r-7', campaignId: 'spring' }),
			expect.objectContaining({
				recipientId: null,
				recipientReason: 'invalid-token',
				trackingMode: 'aggregate',
			}),
		]);
	});

	it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
		'answers %s like GET and counts nothing',
		async (method) => {
			await start();
			const body = ['POST', 'PUT', 'PATCH'].includes(method) ? 'x'.repeat(100_000) : undefined;
			const response = await fetch(`${server.url}/o.png?id=42`, { method, body });
			await expectPixel(response, { body: method !== 'HEAD' });
			expect(server.events()).toEqual([]);
			expect(server.counters).toMatchObject({ answered: 1, notRecorded: 1, recorded: 0 });
		},
	);

	it.each(['/', '/favicon.ico', '/metrics', '/healthz', '/..%2f..%2fetc/passwd', '//', '/?%'])(
		'answers any path, like %s, with the pixel',
		async (path) => {
			await start();
			await expectPixel(await fetch(server.url + path));
		},
	);

	it('leaves nothing of a person who was erased, and answers them alike', async () => {
		await start({}, { receive: { isSuppressed: async (id) => id === 'erased' } });
		await expectPixel(await fetch(`${server.url}/o.png?id=erased`));
		await expectPixel(await fetch(`${server.url}/o.png?id=other`));
		expect(server.events().map(({ recipientId }) => recipientId)).toEqual(['other']);
	});

	it('answers after the event is on disk, not before', async () => {
		let answered = false;
		let answeredAtWrite: boolean | undefined;
		await start(
			{},
			{
				wrapLog: (log) => ({
					...log,
					append: (events) => {
						answeredAtWrite = answered;
						log.append(events);
					},
				}),
			},
		);
		const response = fetch(`${server.url}/o.png?id=42`).then((given) => {
			answered = true;
			return given;
		});
		await expectPixel(await response);
		expect(answeredAtWrite).toBe(false);
		expect(server.events()).toHaveLength(1);
	});

	it('answers a load that leaves nothing after a commit of its own, like one that is kept', async () => {
		const happened: string[] = [];
		await start(
			{ proxyHops: 1, flood: { perSecond: 0.001, burst: 2 } },
			{
				receive: {
					isSuppressed: async (id) => id === 'erased',
					consentStatus: async (id) => ({
						status: id === 'withdrawn' ? 'withdrawn' : 'unknown',
						recordId: null,
					}),
				},
				wrapLog: (log) => ({
					...log,
					append: (events) => {
						log.append(events);
						happened.push('commit');
					},
				}),
			},
		);
		const load = async (id: string, ip: string) => {
			await fetch(`${server.url}/o.png?id=${id}`, { headers: { 'x-forwarded-for': ip } });
			happened.push('answer');
		};
		await load('kept', '203.0.113.1');
		await load('erased', '203.0.113.2');
		await load('withdrawn', '203.0.113.3');
		for (let n = 0; n < 3; n += 1) await load('flood', '203.0.113.4');
		expect(happened).toEqual(Array(6).fill(['commit', 'answer']).flat());
		expect(server.counters).toMatchObject({ recorded: 3, notRecorded: 2, rateLimited: 1 });
	});

	it('answers within two seconds when the log cannot be written, and writes the open later', async () => {
		let broken = true;
		await start(
			{},
			{
				wrapLog: (log) => ({
					...log,
					append: (events) => {
						if (broken) throw new Error('disk I/O error');
						log.append(events);
					},
				}),
			},
		);
		const before = Date.now();
		await expectPixel(await fetch(`${server.url}/o.png?id=late`));
		expect(Date.now() - before).toBeLessThan(2600);
		expect(server.events()).toEqual([]);
		expect(server.counters.answeredEarly).toBe(1);
		broken = false;
		await server.listener.stop(5000);
		expect(server.events().map(({ recipientId }) => recipientId)).toEqual(['late']);
	});

	it('answers also when reading a load fails, and tells the operator', async () => {
		const broken = () => {
			throw new Error('a bug');
		};
		await start({}, { receive: { classify: broken } });
		await expectPixel(await fetch(`${server.url}/o.png?id=1`));
		expect(server.counters).toMatchObject({ failed: 1, answered: 1, recorded: 0 });
		expect(server.errors).toEqual([{ what: 'request', error: expect.any(Error) }]);
	});

	it('lets the policy decide when the consent lookup fails, and tells the operator', async () => {
		const away = async () => {
			throw new Error('the store is away');
		};
		await start({}, { receive: { consentStatus: away } });
		await expectPixel(await fetch(`${server.url}/o.png?id=1`));
		expect(server.events()).toHaveLength(1);
		expect(server.counters.lookupErrors).toBe(1);
	});

	const recordOf = async (mode: 'identified' | 'aggregate') => {
		await start({ proxyHops: 1, receive: { ...RECEIVE, mode } });
		await fetch(`${server.url}/o.png?id=ada@example.com&campaignId=spring`, {
			headers: { 'x-forwarded-for': '198.51.100.1', 'user-agent': 'Mozilla/5.0 (Windows NT 10.0)' },
		});
		return readRecord(server.log.read('test', 9)[0].event);
	};

	it('logs for the windows that processes share what names nobody', async () => {
		const kept = await recordOf('identified');
		if (!('open' in kept)) throw new Error('The first entry is the open.');
		expect(kept.open).not.toHaveProperty('burst');
		expect(kept.burst).toMatchObject({ eventId: kept.open.eventId, open: true });
		expect(kept.burst?.recipient?.name).toMatch(/^[0-9a-f]{16}$/);
		expect(JSON.stringify(kept.burst)).not.toMatch(/198\.51|example|ada@/);
	});

	it('logs nothing for them of an open that is a mere count', async () => {
		expect(await recordOf('aggregate')).not.toHaveProperty('burst');
	});

	it('takes the address that the own proxy vouches for', async () => {
		await start({
			proxyHops: 1,
			receive: { ...RECEIVE, mode: 'full', keep: { ...RECEIVE.keep, ip: 'truncate' } },
		});
		await fetch(`${server.url}/o.png?id=1`, {
			headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' },
		});
		expect(server.events()[0].request.ip).toBe('203.0.113.0');
	});

	it('knows a request that the own proxy sends again, here or to another collector', async () => {
		const send = async (name: string) =>
			await fetch(`${server.url}/o.png?id=1`, { headers: { 'x-open-tracking-request': name } });
		const ids: string[] = [];
		for (const [turn, proxyHops] of [1, 1, 0].entries()) {
			if (turn > 0) await server.stop();
			await start({ proxyHops });
			for (const name of ['0123456789abcdef0123456789abcdef', 'ffffffffffffffff', 'short']) {
				await send(name);
			}
			ids.push(...server.events().map(({ eventId }) => eventId));
		}
		const [first, second, other, again] = ids;
		expect(first).toBe(again);
		expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		expect(first).not.toContain('01234567');
		// A name that is none, or that a client gave itself, makes no id.
		expect(new Set([second, other, ...ids.slice(5)]).size).toBe(6);
	});

	it('serves a flood from one address but does not record it, and records the others', async () => {
		await start({ proxyHops: 1, flood: { perSecond: 1, burst: 3 } });
		const load = async (ip: string, id: string) =>
			await expectPixel(
				await fetch(`${server.url}/o.png?id=${id}`, { headers: { 'x-forwarded-for': ip } }),
			);
		for (let n = 0; n < 10; n += 1) await load('203.0.113.9', 'flood');
		await load('203.0.113.10', 'other');
		const ids = server.events().map(({ recipientId }) => recipientId);
		expect(ids.filter((id) => id === 'flood').length).toBeLessThanOrEqual(4);
		expect(ids.at(-1)).toBe('other');
		expect(server.counters.rateLimited).toBeGreaterThanOrEqual(6);
	});

	it('stops gracefully: finishes what is under way, logs it, and takes no more', async () => {
		let letGo: () => void = () => undefined;
		const held = new Promise<void>((resolve) => (letGo = resolve));
		await start(
			{},
			{
				receive: {
					isSuppressed: async () => {
						await held;
						return false;
					},
				},
			},
		);
		const idle = new RawClient(server.port);
		const response = fetch(`${server.url}/o.png?id=last`);
		while (server.counters.requests === 0) await new Promise(setImmediate);
		const stopped = server.listener.stop(5000);
		await expect(fetch(`${server.url}/o.png?id=too-late`)).rejects.toThrow();
		letGo();
		const answer = await response;
		expect(answer.headers.get('connection')).toBe('close');
		await expectPixel(answer);
		await stopped;
		await idle.closed;
		expect(server.events().map(({ recipientId }) => recipientId)).toEqual(['last']);
	});

	it('says what to do when the port is taken', async () => {
		await start();
		await expect(listen({ port: server.port })).rejects.toThrow(
			`Port ${server.port} is taken by another program. Choose another port`,
		);
	});

	it('keeps a connection open for the next load', async () => {
		await start();
		const reused = await new Promise<boolean>((resolve) => {
			const first = request(`${server.url}/o.png?id=1`, (response) => {
				response.resume().on('end', () => resolve(response.headers.connection === 'keep-alive'));
			});
			first.setHeader('connection', 'keep-alive');
			first.end();
		});
		expect(reused).toBe(true);
	});
});
