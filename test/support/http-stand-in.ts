import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** Listens on a free port and answers every request with what `answer` says. */
export async function startStandIn(
	answer: (request: Received) => StandInAnswer,
): Promise<HttpStandIn> {
	const server = createServer((request, response) => {
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
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
