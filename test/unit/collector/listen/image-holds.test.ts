import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import fc from 'fast-check';

import { newCounters } from '../../../../src/collector/config/counters';
import { createImageHolds } from '../../../../src/collector/listen/image-holds';
import { readRecord } from '../../../../src/collector/log/log-record';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { PIXEL_PNG } from '../../../../src/tracking/receive/pixel-image';
import type { ReceiveDeps } from '../../../../src/tracking/receive/receive-types';
import { listen, RawClient, RECEIVE, type TestListener } from '../../../support/collector-listener';
import { openEvent } from '../../../support/open-events';

const END_OF_PIXEL = 'IEND\xaeB`\x82';
const END_OF_ANSWER = '\r\n0\r\n\r\n';
const MAIL_PROGRAM = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';
const GMAIL =
	'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';

const GET = (
	id: string,
	{ agent = MAIL_PROGRAM, version = '1.1', method = 'GET', more = '' } = {},
) => `${method} /o.png?id=${id} HTTP/${version}\r\nhost: x\r\nuser-agent: ${agent}\r\n${more}\r\n`;

/** `yes…` consented to held time, `fails…` cannot be looked up, nobody else has said anything. */
const consentStatus: ReceiveDeps['consentStatus'] = async (recipientId, purpose) => {
	if (purpose !== 'image-held') return { status: 'unknown', recordId: null };
	// A store takes a moment, and loads that need no answer of it are done before.
	await new Promise(setImmediate);
	if (recipientId.startsWith('fails')) throw new Error('the store is away');
	return { status: recipientId.startsWith('yes') ? 'given' : 'unknown', recordId: null };
};

describe('measuring held time', () => {
	let server: TestListener;
	const clients: RawClient[] = [];
	afterEach(async () => {
		for (const { socket } of clients.splice(0)) socket.destroy();
		await server.stop();
	});

	const start = async (settings: Parameters<typeof listen>[0] = {}) => {
		server = await listen(
			{ imageHold: { limitMs: 60_000 }, ...settings },
			{ receive: { consentStatus } },
		);
	};
	const send = (bytes: string) => {
		const client = new RawClient(server.port).write(bytes);
		clients.push(client);
		return client;
	};
	const ms = (count: number) => new Promise((resolve) => setTimeout(resolve, count));
	const imagesHeld = () =>
		server.records().flatMap((record) => ('imageHeld' in record ? [record.imageHeld] : []));
	/** The held times in the log, as soon as there are so many. */
	const measured = async (count = 1) => {
		while (imagesHeld().length < count) await new Promise(setImmediate);
		return imagesHeld();
	};
	const openOf = (id: string): OpenEvent =>
		server.events().find(({ recipientId }) => recipientId === id)!;

	it('gives the whole image at once, and measures until the client goes', async () => {
		await start();
		const before = Date.now();
		const client = send(GET('yes'));
		await client.until(END_OF_PIXEL);
		expect(server.events()).toHaveLength(1);
		await ms(700);
		expect(client.count(END_OF_ANSWER)).toBe(0);
		expect(server.listener.held()).toBe(1);
		client.socket.destroy();

		const [{ eventId, imageHeldMs }] = await measured();
		expect(imageHeldMs).toBeGreaterThanOrEqual(690);
		expect(imageHeldMs).toBeLessThanOrEqual(Date.now() - before);
		expect(openOf('yes')).toMatchObject({ eventId, imageHeldMs: null, imageHeldMeasurable: true });
		expect(server.listener.held()).toBe(0);
		expect(server.counters).toMatchObject({ answered: 1, held: 1, imagesHeld: 1, malformed: 0 });
		// The image came in one chunk, whole.
		const answer = client.received.toString('latin1');
		expect(answer).toContain('\r\nTransfer-Encoding: chunked\r\n');
		expect(
			answer.endsWith(
				`\r\n${PIXEL_PNG.length.toString(16)}\r\n${PIXEL_PNG.toString('latin1')}\r\n`,
			),
		).toBe(true);
	});

	it('also sees a client that closes its side politely', async () => {
		await start();
		const client = send(GET('yes'));
		await client.until(END_OF_PIXEL);
		client.socket.end();
		await measured();
		expect(server.counters).toMatchObject({ held: 1, imagesHeld: 1, malformed: 0 });
	});

	it('lets go at the limit, properly, and serves the next load on that connection', async () => {
		await start({ imageHold: { limitMs: 300 } });
		const client = send(GET('yes'));
		await client.until(END_OF_ANSWER);
		expect(await measured()).toEqual([{ eventId: openOf('yes').eventId, imageHeldMs: 300 }]);
		client.write(GET('other'));
		await client.until(END_OF_PIXEL, 2);
		expect(client.count('HTTP/1.1 200 OK')).toBe(2);
		client.socket.destroy();
	});

	it.each([
		['without that consent', GET('no'), null],
		['when consent cannot be looked up', GET('fails'), null],
		['with Global Privacy Control', GET('yes', { more: 'sec-gpc: 1\r\n' }), undefined],
		['through a proxy', GET('yes', { agent: GMAIL }), false],
		['by HTTP/1.0', GET('yes', { version: '1.0', more: 'connection: keep-alive\r\n' }), false],
		['by HEAD', GET('yes', { method: 'HEAD' }), undefined],
		['by POST', GET('yes', { method: 'POST' }), undefined],
	])('holds no load %s: its answer is the usual one', async (_what, request, measurable) => {
		await start();
		const client = send(request);
		await client.until('content-length: 67\r\n');
		if (!request.startsWith('HEAD')) await client.until(END_OF_PIXEL);
		expect(client.count('chunked')).toBe(0);
		expect(server.listener.held()).toBe(0);
		expect(server.counters.held).toBe(0);
		expect(server.events().map(({ imageHeldMeasurable }) => imageHeldMeasurable)).toEqual(
			measurable === undefined ? [] : [measurable],
		);
	});

	it('answers who did not consent byte by byte like a collector that measures nothing', async () => {
		const answerOf = async (settings: Parameters<typeof start>[0]) => {
			await start(settings);
			const client = send(GET('no', { more: 'connection: close\r\n' }));
			await client.closed;
			return client.received.toString('latin1').replace(/date: .*\r\n/i, '');
		};
		const withIt = await answerOf({});
		await server.stop();
		expect(withIt).toBe(await answerOf({ imageHold: null }));
	});

	it('tells the operator of a consent lookup that failed', async () => {
		await start();
		await send(GET('fails')).until(END_OF_PIXEL);
		expect(server.counters.lookupErrors).toBe(1);
		expect(server.errors).toEqual([{ what: 'lookup', error: new Error('the store is away') }]);
	});

	it.each(['aggregate', 'hygiene', 'pseudonymous'] as const)(
		'measures nothing in mode %s',
		async (mode) => {
			await start({ receive: { ...RECEIVE, mode } });
			await send(GET('yes')).until('content-length: 67\r\n');
			expect(server.counters.held).toBe(0);
			for (const event of server.events()) expect(event.imageHeldMeasurable).toBeNull();
		},
	);

	it('measures nothing unless it is switched on', async () => {
		await start({ imageHold: null });
		await send(GET('yes')).until('content-length: 67\r\n');
		expect(openOf('yes')).toMatchObject({ imageHeldMs: null, imageHeldMeasurable: null });
		expect(server.counters.held).toBe(0);
	});

	it('lets no load on the same connection wait, whether it comes later or together', async () => {
		await start();
		const later = send(GET('yes-1'));
		await later.until(END_OF_PIXEL);
		later.write(GET('no-2'));
		await later.until(END_OF_PIXEL, 2);
		expect(later.count(END_OF_ANSWER)).toBe(1);
		expect(await measured()).toEqual([
			{ eventId: openOf('yes-1').eventId, imageHeldMs: expect.any(Number) },
		]);

		const together = send(GET('yes-3') + GET('yes-4') + GET('no-5'));
		await together.until(END_OF_PIXEL, 3);
		expect(server.listener.held()).toBe(0);
		expect(server.counters.answered).toBe(5);
	});

	it('never lets a load wait for one that is held, in whatever order they come', async () => {
		const loads = fc.array(
			fc.array(fc.constantFrom('yes', 'no', 'proxy'), { minLength: 1, maxLength: 4 }),
			{ minLength: 1, maxLength: 4 },
		);
		await start();
		let number = 0;
		await fc.assert(
			fc.asyncProperty(loads, async (bursts) => {
				const client = send('');
				let sent = 0;
				for (const burst of bursts) {
					const requests = burst.map((who) => {
						number += 1;
						return who === 'proxy' ? GET('yes', { agent: GMAIL }) : GET(`${who}-${number}`);
					});
					client.write(requests.join(''));
					sent += burst.length;
					await client.until(END_OF_PIXEL, sent);
				}
				expect(client.count('HTTP/1.1 200 OK')).toBe(sent);
				client.socket.destroy();
			}),
			{ numRuns: 40 },
		);
		expect(server.counters.held).toBeGreaterThan(0);
		await measured(server.counters.held);
		expect(server.listener.held()).toBe(0);
	});

	it('ends a held answer before it answers nonsense', async () => {
		await start();
		const client = send(GET('yes'));
		await client.until(END_OF_PIXEL);
		client.write('nonsense\r\n\r\n');
		await client.closed;
		const [first, second] = client.received.toString('latin1').split(END_OF_ANSWER);
		expect(first).toContain(END_OF_PIXEL);
		expect(second).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
		await measured();
	});

	it('holds at most half of the connections, and serves the others as usual', async () => {
		await start({ maxConnections: 6 });
		const held = ['yes-1', 'yes-2', 'yes-3'].map((id) => send(GET(id)));
		await Promise.all(held.map((client) => client.until(END_OF_PIXEL)));
		expect(server.listener.held()).toBe(3);
		const more = send(GET('yes-4'));
		await more.until('content-length: 67\r\n');
		expect(openOf('yes-4').imageHeldMeasurable).toBe(false);

		held[0].socket.destroy();
		await measured();
		await send(GET('yes-5')).until(END_OF_PIXEL);
		expect(openOf('yes-5').imageHeldMeasurable).toBe(true);
	});

	it('keeps no place for clients that left before their answer', async () => {
		await start({ maxConnections: 4 });
		for (let n = 0; n < 10; n += 1) {
			const client = send(GET(`yes-${n}`));
			client.socket.end();
			await client.closed;
		}
		while (server.counters.answered < 10) await new Promise(setImmediate);
		while (server.listener.held() > 0) await new Promise(setImmediate);
		await send(GET('yes-last')).until(END_OF_PIXEL);
		expect(openOf('yes-last').imageHeldMeasurable).toBe(true);
	});

	it('writes down on a stop what was measured so far, and ends at once', async () => {
		await start();
		const sentAt = Date.now();
		const client = send(GET('yes'));
		await client.until(END_OF_PIXEL);
		await ms(200);
		const stoppedAt = Date.now();
		await server.listener.stop(60_000);
		expect(Date.now() - stoppedAt).toBeLessThan(10_000);
		await client.closed;
		expect(client.count(END_OF_ANSWER)).toBe(1);
		const [{ imageHeldMs }] = imagesHeld();
		expect(imageHeldMs).toBeGreaterThanOrEqual(190);
		expect(imageHeldMs).toBeLessThanOrEqual(Date.now() - sentAt);
	});
});

it('a held answer outlasts the limit on silent connections, which counts again afterwards', async () => {
	const silenceMs = 150;
	const logged: string[] = [];
	const holds = createImageHolds(600, silenceMs, 10, {
		queue: { add: (entries) => logged.push(...entries) },
		counters: newCounters(),
	});
	const server = createServer((_request, response) => {
		holds.take(openEvent({ imageHeldMeasurable: true }))!.start(response);
	});
	server.timeout = silenceMs;
	server.keepAliveTimeout = 0;
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const client = new RawClient((server.address() as AddressInfo).port).write(GET('yes'));
	await client.until(END_OF_ANSWER);
	expect(logged.map(readRecord)).toMatchObject([{ imageHeld: { imageHeldMs: 600 } }]);
	await client.closed;
	server.close();
});
