import { readFileSync } from 'node:fs';
import {
	createServer,
	type IncomingHttpHeaders,
	type IncomingMessage,
	type Server,
	type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** One request that came in, whole. */
export interface Received {
	method: string;
	path: string;
	query: URLSearchParams;
	headers: IncomingHttpHeaders;
	body: string;
}

export interface StandInAnswer {
	status: number;
	headers?: Record<string, string>;
	/** Text as it is, anything else as JSON */
	body?: unknown;
}

/** A local HTTP server in place of a vendor's. */
export interface HttpStandIn {
	url: string;
	stop: () => Promise<void>;
}

type Answer = (request: Received) => StandInAnswer;

/** Listens on a free port and answers every request with what `answer` says. */
export async function startStandIn(answer: Answer): Promise<HttpStandIn> {
	return await listening(createServer(answering(answer)));
}

const SELF_SIGNED_HOST = 'api.hubapi.com';
const selfSignedFile = (kind: string) =>
	join(__dirname, '..', 'fixtures', 'tls', `${SELF_SIGNED_HOST}.${kind}.pem`);

function selfSignedServer(answer: Answer): Server {
	const [key, cert] = ['key', 'cert'].map((kind) => readFileSync(selfSignedFile(kind)));
	return createTlsServer({ key, cert }, answering(answer));
}

/** The same by https, with a certificate that nobody trusts. */
export async function startSelfSignedStandIn(answer: Answer): Promise<HttpStandIn> {
	const { url, stop } = await listening(selfSignedServer(answer));
	return { url: url.replace('http:', 'https:'), stop };
}

/** A vendor's own https address, played by this machine. */
export interface VendorStandIn {
	/** What a program needs in its environment to reach the stand-in under the vendor's address */
	env: NodeJS.ProcessEnv;
	stop: () => Promise<void>;
}

/** Answers for `https://api.hubapi.com`, behind a proxy that leads nowhere else. */
export async function startHubSpotStandIn(answer: Answer): Promise<VendorStandIn> {
	const vendor = selfSignedServer(answer);
	const proxy = createServer((_request, response) => response.writeHead(502).end());
	proxy.on('connect', (request, socket) => {
		if (request.url !== `${SELF_SIGNED_HOST}:443`)
			return socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
		socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
		return vendor.emit('connection', socket);
	});
	const { url, stop } = await listening(proxy);
	return {
		env: {
			HTTPS_PROXY: url,
			NO_PROXY: '127.0.0.1,localhost',
			NODE_EXTRA_CA_CERTS: selfSignedFile('cert'),
		},
		stop: async () => {
			vendor.closeAllConnections();
			await stop();
		},
	};
}

function answering(answer: Answer) {
	return (request: IncomingMessage, response: ServerResponse): void => {
		const parts: Buffer[] = [];
		request.on('data', (part: Buffer) => parts.push(part));
		request.on('end', () => {
			const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
			const { status, headers, body } = answer({
				method: request.method ?? '',
				path: pathname,
				query: searchParams,
				headers: request.headers,
				body: Buffer.concat(parts).toString('utf8'),
			});
			response.writeHead(status, { 'content-type': 'application/json', ...headers });
			response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
		});
	};
}

async function listening(server: Server): Promise<HttpStandIn> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
