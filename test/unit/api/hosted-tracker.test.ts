import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import {
	createHostedTracker,
	HostedTrackerError,
	type HostedRequest,
} from '../../../src/api/hosted-tracker';

const ID = '48a962dd-fa9d-4e0a-886e-aa7cda4e7f87';
const PIXEL = {
	id: ID,
	trackingUrl: `https://tracker.example.com/api/pixel/${ID}`,
	embedCode: `<img src="https://tracker.example.com/api/pixel/${ID}?a=1&amp;b=2" width="1" />`,
	createdAt: '2026-11-21T10:00:00.000Z',
};
const OPENED = {
	opened: true,
	openedAt: '2026-11-21T10:00:00.000Z',
	lastSeenAt: '2026-11-21T10:01:20.000Z',
	viewCount: 5,
	totalViewTime: 43_000,
};

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown } | Error;

/** A tracker whose fetch gives these answers in turn; it keeps what was asked and slept. */
function scripted(answers: Answer[], options: { retries?: number } = {}) {
	const requests: Array<{ url: string; asked: HostedRequest }> = [];
	const slept: number[] = [];
	const tracker = createHostedTracker({
		baseUrl: 'https://tracker.example.com/',
		send: async (url, asked) => {
			requests.push({ url, asked });
			const answer = answers.shift();
			if (answer === undefined) throw new Error('The test expected no further request');
			if (answer instanceof Error) throw answer;
			const { status = 200, headers, body } = answer;
			return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
				status,
				headers,
			});
		},
		sleep: async (ms) => {
			slept.push(ms);
		},
		...options,
	});
	return { tracker, requests, slept };
}

const failureOf = async (call: Promise<unknown>): Promise<HostedTrackerError> => {
	const error = await call.then(
		() => new Error('The call succeeded'),
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(HostedTrackerError);
	return error as HostedTrackerError;
};

describe('creating a pixel at a hosted tracker', () => {
	it('gives id, embed code and the address of the image', async () => {
		const { tracker, requests } = scripted([{ body: PIXEL }]);
		expect(await tracker.createPixel()).toEqual({
			id: ID,
			embedCode: PIXEL.embedCode,
			trackingUrl: PIXEL.trackingUrl,
		});
		expect(requests).toEqual([
			{
				url: 'https://tracker.example.com/api/pixel/create',
				asked: expect.objectContaining({ method: 'GET' }),
			},
		]);
	});

	it('finds the address in the embed code when the tracker does not name it', async () => {
		const { tracker } = scripted([{ body: { id: ID, embedCode: PIXEL.embedCode } }]);
		const { trackingUrl } = await tracker.createPixel();
		expect(trackingUrl).toBe(`https://tracker.example.com/api/pixel/${ID}?a=1&b=2`);
	});

	it.each<[string, Answer]>([
		['no id', { body: { embedCode: PIXEL.embedCode } }],
		['an empty id', { body: { ...PIXEL, id: '' } }],
		['no embed code', { body: { id: ID } }],
		['no image in it', { body: { id: ID, embedCode: '<p>none</p>' } }],
		['an address that is no web address', { body: { ...PIXEL, trackingUrl: 'javascript:x' } }],
		['an image that is no web address', { body: { id: ID, embedCode: '<img src="cid:1">' } }],
		['HTML', { body: '<!doctype html><p>Welcome' }],
		['nothing', { body: '' }],
	])('refuses an answer with %s', async (_what, answer) => {
		const { tracker, slept } = scripted([answer]);
		const error = await failureOf(tracker.createPixel());
		expect(error).toMatchObject({ failure: 'invalid-answer', status: 200 });
		expect(slept).toEqual([]);
	});
});

describe('checking a pixel at a hosted tracker', () => {
	it('sends the id as JSON and gives what the tracker knows', async () => {
		const { tracker, requests } = scripted([{ body: { ...OPENED, createdAt: 'x', more: 1 } }]);
		expect(await tracker.checkPixel(ID)).toEqual(OPENED);
		expect(requests[0].url).toBe('https://tracker.example.com/api/pixel/check');
		expect(requests[0].asked).toMatchObject({
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ id: ID }),
		});
	});

	it('gives null for times that the tracker leaves out', async () => {
		const unopened = { opened: false, openedAt: null, viewCount: 0, totalViewTime: 0 };
		const { tracker } = scripted([{ body: unopened }]);
		expect(await tracker.checkPixel(ID)).toEqual({ ...unopened, lastSeenAt: null });
	});

	it.each([200, 404])('knows an unknown id by the answer, with status %d', async (status) => {
		const body = { opened: false, message: 'Pixel not found' };
		const { tracker } = scripted([{ status, body }]);
		expect(await tracker.checkPixel(ID)).toEqual(body);
	});

	it.each<[string, Answer]>([
		['a 404 of something else', { status: 404, body: { message: 'Cannot POST' } }],
		['a negative count', { body: { ...OPENED, viewCount: -1 } }],
		['a time that is none', { body: { ...OPENED, openedAt: 'yesterday' } }],
		['a missing count', { body: { opened: false } }],
	])('refuses %s', async (_what, answer) => {
		const error = await failureOf(scripted([answer]).tracker.checkPixel(ID));
		expect(error.failure).toBe('invalid-answer');
	});
});

const STATS = {
	totalPixels: 25,
	openedPixels: 15,
	openRate: 60,
	avgViewTime: 12_500,
	totalViewTime: 187_500,
};

describe('reading the dashboard of a hosted tracker', () => {
	it('gives totals, open rate, average view time and recent activity', async () => {
		const recentPixels = [{ ...OPENED, id: ID, createdAt: PIXEL.createdAt }];
		const recentActivity = [{ id: ID, occurredAt: PIXEL.createdAt }];
		const { tracker, requests } = scripted([
			{ body: { stats: { ...STATS, more: 1 }, recentPixels, recentActivity } },
		]);
		expect(await tracker.getDashboard()).toEqual({ ...STATS, recentPixels, recentActivity });
		expect(requests[0].url).toBe('https://tracker.example.com/api/dashboard');
		expect(requests[0].asked).toMatchObject({ method: 'GET' });
	});

	it('takes the totals also where they stand by themselves, and lists that are left out as empty', async () => {
		const { tracker } = scripted([{ body: STATS }]);
		expect(await tracker.getDashboard()).toEqual({
			...STATS,
			recentPixels: [],
			recentActivity: [],
		});
	});

	it.each<[string, Answer]>([
		['no totals', { body: { recentPixels: [] } }],
		['a rate that is none', { body: { stats: { ...STATS, openRate: 'high' } } }],
		['HTML', { body: '<!doctype html><p>Welcome' }],
	])('refuses an answer with %s', async (_what, answer) => {
		const error = await failureOf(scripted([answer]).tracker.getDashboard());
		expect(error.failure).toBe('invalid-answer');
	});
});

describe('trouble with a hosted tracker', () => {
	it.each<[string, Answer]>([
		['429', { status: 429 }],
		['500', { status: 500 }],
		['503', { status: 503, body: 'down' }],
		['no connection', new TypeError('fetch failed')],
	])('is tried again after %s', async (_what, trouble) => {
		const { tracker, requests, slept } = scripted([trouble, trouble, { body: PIXEL }]);
		expect((await tracker.createPixel()).id).toBe(ID);
		expect(requests).toHaveLength(3);
		expect(slept).toHaveLength(2);
		expect(slept[0]).toBeGreaterThanOrEqual(250);
		expect(slept[0]).toBeLessThanOrEqual(500);
		expect(slept[1]).toBeGreaterThanOrEqual(500);
		expect(slept[1]).toBeLessThanOrEqual(1000);
	});

	it('waits as long as Retry-After asks, in seconds or until a date', async () => {
		const date = new Date(Date.now() + 9000).toUTCString();
		const { tracker, slept } = scripted([
			{ status: 429, headers: { 'retry-after': '7' } },
			{ status: 503, headers: { 'retry-after': date } },
			{ body: OPENED },
		]);
		expect(await tracker.checkPixel(ID)).toEqual(OPENED);
		expect(slept[0]).toBe(7000);
		expect(slept[1]).toBeGreaterThan(6000);
		expect(slept[1]).toBeLessThanOrEqual(9000);
	});

	it('does not wait when it is asked to wait for long', async () => {
		const { tracker, slept } = scripted([{ status: 429, headers: { 'retry-after': '3600' } }]);
		const error = await failureOf(tracker.createPixel());
		expect(error).toMatchObject({ failure: 'rate-limited', status: 429 });
		expect(slept).toEqual([]);
	});

	it.each<[Answer, string, number | null]>([
		[{ status: 429 }, 'rate-limited', 429],
		[{ status: 502 }, 'server-error', 502],
		[new TypeError('fetch failed'), 'unreachable', null],
	])('ends with an error that says what it was: %j', async (trouble, failure, status) => {
		const { tracker, requests } = scripted([trouble, trouble, trouble], { retries: 2 });
		expect(await failureOf(tracker.createPixel())).toMatchObject({ failure, status });
		expect(requests).toHaveLength(3);
	});

	it.each([
		[401, 'refused the request (status 401)'],
		[302, 'redirects to another address'],
	])('is not tried again after %d', async (status, message) => {
		const answer = { status, headers: { location: 'https://elsewhere.example.com/' } };
		const { tracker, slept } = scripted([answer]);
		const error = await failureOf(tracker.createPixel());
		expect(error).toMatchObject({ failure: 'refused', status });
		expect(error.message).toContain(message);
		expect(slept).toEqual([]);
	});

	it.each([
		[{ baseUrl: 'tracker.example.com' }, 'base URL of the hosted tracker is not a web address'],
		[{ retries: -1 }, 'number of retries'],
		[{ retries: NaN }, 'number of retries'],
		[{ timeoutMs: 0 }, 'timeout is not a positive'],
	])('starts with %j', (changes, message) => {
		const sleep = async () => {};
		expect(() =>
			createHostedTracker({ baseUrl: 'https://tracker.example.com', sleep, ...changes }),
		).toThrow(message);
	});
});

describe('against a real server', () => {
	let server: Server;
	let handle: (request: IncomingMessage, response: ServerResponse) => void;
	beforeAll(async () => {
		server = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1');
		await once(server, 'listening');
	});
	afterAll(() => server.close().closeAllConnections());

	const connect = (options: { timeoutMs?: number; retries?: number } = {}) => {
		const { port } = server.address() as AddressInfo;
		const slept: number[] = [];
		const sleep = async (ms: number) => {
			slept.push(ms);
		};
		const baseUrl = `http://127.0.0.1:${port}/webhook`;
		return { slept, tracker: createHostedTracker({ baseUrl, sleep, ...options }) };
	};

	it('creates and checks below the path of the base URL', async () => {
		const seen: string[] = [];
		handle = (request, response) => {
			let body = '';
			request.on('data', (chunk: Buffer) => (body += chunk.toString()));
			request.on('end', () => {
				seen.push(`${request.method} ${request.url} ${body}`);
				response.setHeader('content-type', 'application/json');
				response.end(JSON.stringify(request.method === 'GET' ? PIXEL : OPENED));
			});
		};
		const { tracker } = connect();
		expect((await tracker.createPixel()).id).toBe(ID);
		expect(await tracker.checkPixel(ID)).toEqual(OPENED);
		expect(seen).toEqual([
			'GET /webhook/api/pixel/create ',
			`POST /webhook/api/pixel/check {"id":"${ID}"}`,
		]);
	});

	it('gives up on a server that never answers', async () => {
		handle = () => {};
		const { tracker, slept } = connect({ timeoutMs: 50, retries: 1 });
		const error = await failureOf(tracker.createPixel());
		expect(error).toMatchObject({ failure: 'unreachable', status: null });
		expect(error.message).toContain('did not answer within 50 ms');
		expect(slept).toHaveLength(1);
	});

	it('gives up on a server that never finishes its answer', async () => {
		handle = (_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json' });
			response.write('{"id":');
		};
		const error = await failureOf(connect({ timeoutMs: 50, retries: 0 }).tracker.createPixel());
		expect(error.message).toContain('did not answer within 50 ms');
	});

	it('stops reading an answer of more than 1 MB, as it is once unpacked', async () => {
		let sent = 0;
		const closed = new Promise<void>((resolve) => {
			handle = (_request, response) => {
				response.writeHead(200, { 'content-type': 'application/json' });
				response.on('close', resolve);
				const chunk = Buffer.alloc(64 * 1024, ' ');
				const more = () => {
					while (!response.destroyed && response.write(chunk)) sent += chunk.length;
				};
				response.on('drain', more);
				more();
			};
		});
		const endless = await failureOf(connect({ retries: 3 }).tracker.getDashboard());
		expect(endless).toMatchObject({ failure: 'invalid-answer', status: 200 });
		expect(endless.message).toContain('larger than 1 MB');
		await closed;
		expect(sent).toBeLessThan(20 * 1024 * 1024);

		const packed = gzipSync(Buffer.alloc(300 * 1024 * 1024, ' '));
		expect(packed.length).toBeLessThan(400 * 1024);
		handle = (_request, response) => {
			response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
		};
		const before = process.memoryUsage().rss;
		for (const call of ['createPixel', 'getDashboard'] as const) {
			const error = await failureOf(connect().tracker[call]());
			expect(error.message).toContain('larger than 1 MB');
		}
		expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
	});

	it('reads an answer of nearly 1 MB', async () => {
		const padded = JSON.stringify(OPENED).padEnd(1024 * 1024, ' ');
		handle = (_request, response) => response.end(padded);
		expect(await connect().tracker.checkPixel(ID)).toEqual(OPENED);
	});

	it('goes on after a broken connection', async () => {
		let requests = 0;
		handle = (request, response) => {
			requests += 1;
			if (requests === 1) request.socket.destroy();
			else response.end(JSON.stringify(PIXEL));
		};
		expect((await connect().tracker.createPixel()).id).toBe(ID);
		expect(requests).toBe(2);
	});

	it('does not follow a redirect, which would lose the id', async () => {
		handle = (_request, response) => {
			response.writeHead(301, { location: '/elsewhere' }).end();
		};
		expect(await failureOf(connect().tracker.checkPixel(ID))).toMatchObject({ status: 301 });
	});
});
