import { listen, RawClient, type TestListener } from '../../../support/collector-listener';

const END_OF_PIXEL = 'IEND\xaeB`\x82';
const GET = (id: string | number, extra = '') =>
	`GET /o.png?id=${id} HTTP/1.1\r\nhost: x\r\n${extra}\r\n`;

describe('a listener among hostile clients', () => {
	let server: TestListener;
	beforeEach(async () => (server = await listen()));
	afterEach(async () => await server.stop());
	const ids = () => server.events().map(({ recipientId }) => recipientId);
	const stillServes = async () => {
		const response = await fetch(`${server.url}/o.png?id=alive`);
		expect((await response.arrayBuffer()).byteLength).toBe(67);
		expect(ids()).toContain('alive');
	};

	it.each([
		['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00'],
		['a broken request line', 'GET\r\n\r\n'],
		['a space in the URL', 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n'],
		['a broken header', 'GET / HTTP/1.1\r\nhost x\r\n\r\n'],
		['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
		['a URL of 20,000 characters', `GET /?id=${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
		['headers of 20,000 characters', GET(1, `x: ${'y'.repeat(20_000)}\r\n`)],
	])('answers %s with the pixel and closes', async (_what, bytes) => {
		const client = new RawClient(server.port).write(bytes);
		await client.closed;
		expect(client.count('HTTP/1.1 200 OK')).toBe(1);
		expect(client.count('content-length: 67')).toBe(1);
		expect(client.received.toString('latin1').endsWith(END_OF_PIXEL)).toBe(true);
		expect(ids()).toEqual([]);
		expect(server.counters.malformed).toBe(1);
		await stillServes();
	});

	it('serves HTTP/1.0 and HTTP/1.1 without a host name', async () => {
		const old = new RawClient(server.port).write('GET /o.png?id=old HTTP/1.0\r\n\r\n');
		await old.closed;
		expect(old.count(END_OF_PIXEL)).toBe(1);
		const nameless = new RawClient(server.port).write(
			'GET /o.png?id=nameless HTTP/1.1\r\nconnection: close\r\n\r\n',
		);
		await nameless.closed;
		expect(nameless.count('HTTP/1.1 200 OK')).toBe(1);
		expect(ids()).toEqual(['old', 'nameless']);
	});

	it('answers pipelined loads in order, each once', async () => {
		const client = new RawClient(server.port).write(
			Array.from({ length: 50 }, (_, n) => GET(n)).join(''),
		);
		await client.until(END_OF_PIXEL, 50);
		client.socket.destroy();
		expect(ids()).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
	});

	it('finishes the answers under way before it closes on a client that turned to nonsense', async () => {
		const client = new RawClient(server.port).write(`${GET(1)}${GET(2)}nonsense\r\n\r\n`);
		await client.closed;
		expect(client.count(END_OF_PIXEL)).toBeGreaterThanOrEqual(2);
		expect(ids()).toEqual(['1', '2']);
		await stillServes();
	});

	it('cuts off a client that sends thousands of loads ahead', async () => {
		const client = new RawClient(server.port);
		client.write(Array.from({ length: 20_000 }, (_, n) => GET(n)).join(''));
		await client.closed;
		expect(server.counters.requests).toBeLessThan(5000);
		await stillServes();
	});

	it('cuts off who never finishes the headers, byte by byte', async () => {
		const client = new RawClient(server.port).write('GET / HTTP/1.1\r\nhost: x\r\n');
		const dripping = setInterval(() => client.write('x: 1\r\n'), 200);
		const before = Date.now();
		await client.closed;
		clearInterval(dripping);
		expect(Date.now() - before).toBeLessThan(7000);
		await stillServes();
	}, 15_000);

	it('cuts off who connects and says nothing', async () => {
		const client = new RawClient(server.port);
		const before = Date.now();
		await client.closed;
		expect(Date.now() - before).toBeLessThan(7000);
	}, 15_000);

	it('serves at once, not at the end of a body that never ends', async () => {
		const client = new RawClient(server.port).write(
			'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\nx',
		);
		await client.until(END_OF_PIXEL);
		await client.closed;
		await stillServes();
	});

	it.each([
		['Expect: 100-continue', 'expect: 100-continue\r\n'],
		['an expectation nobody has', 'expect: miracles\r\n'],
		['a protocol upgrade', 'connection: upgrade\r\nupgrade: websocket\r\n'],
	])('serves %s', async (_what, header) => {
		const client = new RawClient(server.port).write(GET('odd', header));
		await client.until(END_OF_PIXEL);
		client.socket.destroy();
		expect(ids()).toEqual(['odd']);
	});

	it('holds no more connections than allowed, and serves again when they are gone', async () => {
		await server.stop();
		server = await listen({ maxConnections: 20 });
		const clients = Array.from({ length: 60 }, () => new RawClient(server.port));
		await Promise.all(clients.slice(20).map(({ closed }) => closed));
		expect(await server.listener.connections()).toBe(20);
		for (const client of clients) client.socket.destroy();
		await Promise.all(clients.map(({ closed }) => closed));
		while ((await server.listener.connections()) > 0) await new Promise(setImmediate);
		await stillServes();
	});

	it('survives clients that leave in the middle', async () => {
		for (let n = 0; n < 50; n += 1) {
			const client = new RawClient(server.port).write(GET(n));
			if (n % 2) client.socket.resetAndDestroy();
			else client.socket.end();
			await client.closed;
		}
		await stillServes();
		expect(server.counters.malformed).toBe(0);
	});

	it('needs no more memory for a long flood of nonsense', async () => {
		const attack = async (count: number) => {
			for (let n = 0; n < count; n += 1) {
				const client = new RawClient(server.port).write(
					`GET /?${'%zz&='.repeat(500)} HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(4000)}\r\n\r\n\0`,
				);
				await client.closed;
			}
		};
		await attack(100);
		const before = process.memoryUsage().heapUsed;
		await attack(1000);
		expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
		await stillServes();
	}, 30_000);
});
