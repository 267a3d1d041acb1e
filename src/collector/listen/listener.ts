import {
	createServer,
	type IncomingHttpHeaders,
	type IncomingMessage,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { pause } from '../../async/backoff';
import { within } from '../../async/time-limit';
import { PIXEL_PNG } from '../../tracking/receive/pixel-image';
import { pixelHeaders } from '../../tracking/receive/pixel-response';
import {
	LINK_NOT_FOUND,
	redirectTo,
	type LinkResponse,
} from '../../tracking/receive/link-response';
import { receiveClick } from '../../tracking/receive/receive-click';
import { receiveOpen } from '../../tracking/receive/receive-open';
import { LINK_PATH, type TrackedLinkClaims } from '../../tracking/links/tracked-link';
import type { LinkDeps, PixelRequest, ReceivedOpen } from '../../tracking/receive/receive-types';
import { CollectorError } from '../config/collector-error';
import type { Counters } from '../config/counters';
import type { ListenerSettings } from '../config/settings';
import type { CommitQueue } from '../log/commit-queue';
import { entriesOf } from '../log/log-record';
import { createFloodLimit } from './flood-limit';
import { readQuery } from './query';
import { createImageHolds, type Hold } from './image-holds';

/** A tracking link takes a few hundred bytes, the headers of an email client one or two thousand. */
const MAX_HEADER_BYTES = 8192;
const HEADERS_WITHIN_MS = 5000;
const REQUEST_WITHIN_MS = 10_000;
const CHECK_EVERY_MS = 500;
/** A connection on which nothing moves is closed after this time, whatever it waits for. */
const SILENCE_MS = 90_000;
/** Longer than proxies keep idle connections (nginx: 60 s), so that the proxy closes first. */
const KEEP_ALIVE_BEHIND_PROXY_MS = 75_000;
const KEEP_ALIVE_DIRECT_MS = 5000;
/** After that many a client connects anew, which lets a balancer spread the load. */
const MAX_REQUESTS_PER_CONNECTION = 10_000;
/** Requests under way on one connection; no email client or proxy sends so many ahead. */
const MAX_PIPELINED = 256;
/** The image goes out after this time even when the event is not on disk yet. */
const ANSWER_WITHIN_MS = 2000;
const SWEEP_EVERY_MS = 100;

/** How the path of a tracked link ends, whatever a proxy puts before it. */
const LINK_PATH_END = `/${LINK_PATH.split('/').at(-1)}`;

/** `$request_id` of nginx, which is 32 hex digits, and the ids of other proxies. */
const REQUEST_ID_HEADER = 'x-open-tracking-request';
const REQUEST_ID = /^[\w-]{16,128}$/;

const HEADERS = Object.entries(pixelHeaders(PIXEL_PNG.length)).flat();
/** node:http sends a text together with its headers, in one piece, and bytes in a second one. */
const PIXEL_TEXT = PIXEL_PNG.toString('latin1');
const RAW_HEADERS = Object.entries(pixelHeaders(PIXEL_PNG.length))
	.map(([name, value]) => `${name}: ${value}\r\n`)
	.join('');

export interface ListenerDeps {
	receive: LinkDeps;
	/** The client's address from connection and headers */
	clientAddress(request: {
		remoteAddress: string | null | undefined;
		forwardedFor: string | null | undefined;
		trustedHops: number;
	}): string | null;
	queue: CommitQueue;
	counters: Counters;
	now(): Date;
	/** Called with what a failed lookup or a failed request threw; for the operator's log */
	onError(what: 'lookup' | 'request', error: unknown): void;
}

export interface Listener {
	port: number;
	/** Connections open at the moment */
	connections(): Promise<number>;
	/** Answers held open at the moment to measure for how long */
	held(): number;
	/** Takes no more connections, answers what is under way, and closes; at most `limitMs`. */
	stop(limitMs: number): Promise<void>;
}

/** What is known of one connection. */
interface Connection {
	requests: number;
	inFlight: number;
	/** The client broke the protocol: close when all answers are out */
	broken: boolean;
	/** The answer that is held open on it, if any */
	hold: Hold | null;
}

/** One request that was not answered yet. */
interface Waiting {
	response: ServerResponse;
	connection: Connection;
	since: number;
	/** Its place among the requests of its connection, from 1 */
	number: number;
	/** The place to hold the answer open in, where it is to be measured */
	hold: Hold | null;
	/** What a link is answered with; `null` for the pixel */
	link: LinkResponse | null;
}

/**
 * The HTTP listener of the collector. Any request on any path gets the pixel, but for tracked links,
 * where they are followed; the answer to one that is recorded goes out when its event is on disk.
 * What is recorded is up to `receiveOpen` and `receiveClick`.
 *
 * @throws CollectorError when the port cannot be used
 */
export async function startListener(
	settings: ListenerSettings,
	deps: ListenerDeps,
): Promise<Listener> {
	if (settings.sharePort && !canSharePorts(process.versions.node)) {
		throw new CollectorError(
			`Sharing a port needs Node.js 22.12, 23.1 or newer, this is ${process.versions.node}. Update Node.js, or give each collector a port of its own.`,
		);
	}
	const { counters, queue } = deps;
	const mayRecord = createFloodLimit(settings.flood);
	const names = [
		't',
		settings.receive.plainIds.recipientParameter,
		'pixelId',
		'campaignId',
		'messageId',
	];
	const connections = new WeakMap<Socket, Connection>();
	const waiting = new Set<Waiting>();
	const { imageHold } = settings;
	const holds =
		imageHold && createImageHolds(imageHold.limitMs, SILENCE_MS, settings.maxConnections, deps);
	let stopping = false;

	const answer = (request: Waiting): void => {
		if (!waiting.delete(request)) return;
		const { response, connection, hold, link } = request;
		connection.inFlight -= 1;
		counters.answered += 1;
		const last =
			stopping || connection.broken || connection.requests >= MAX_REQUESTS_PER_CONNECTION;
		// Not before the other answers of this connection: node:http would cut them off.
		if (last && connection.inFlight === 0) response.shouldKeepAlive = false;
		// A load that came behind this one must not wait for it.
		if (hold && !last && connection.requests === request.number) {
			if (hold.start(response)) connection.hold = hold;
			return;
		}
		endHold(request);
		if (link) {
			response.writeHead(link.status, link.headers);
			response.end(link.body);
			return;
		}
		response.writeHead(200, HEADERS);
		response.end(PIXEL_TEXT, 'latin1');
	};

	/** Finds out where a link leads; `null` when it is forged or damaged. */
	const aim = async ({ query }: PixelRequest, mine: Waiting): Promise<TrackedLinkClaims | null> => {
		const claims = await deps.receive.readTrackedLink(query.t ?? '');
		if (claims !== null) mine.link = redirectTo(claims.link.url);
		return claims;
	};

	const receive = async (request: PixelRequest, mine: Waiting): Promise<ReceivedOpen | null> => {
		if (mine.link === null) return await receiveOpen(request, settings.receive, deps.receive);
		const claims = await aim(request, mine);
		return claims && (await receiveClick(request, claims, settings.receive, deps.receive));
	};

	const record = async (
		request: IncomingMessage,
		mine: Waiting,
		done: () => void,
	): Promise<void> => {
		const receivedAt = deps.now();
		const { headers } = request;
		const ip = deps.clientAddress({
			remoteAddress: request.socket.remoteAddress,
			forwardedFor: headers['x-forwarded-for'] as string | undefined,
			trustedHops: settings.proxyHops,
		});
		const asked: PixelRequest = {
			method: request.method ?? '',
			query: readQuery(request.url ?? '', names),
			// The one header that node:http gives as a list is set-cookie, which nobody reads here.
			headers: headers as Record<string, string | undefined>,
			ip,
			receivedAt,
			requestId: settings.proxyHops > 0 ? requestIdIn(headers) : undefined,
			// HTTP/1.0 knows no answer without a length but one that ends with its connection.
			canBeHeld: holds && !mine.link ? request.httpVersion === '1.1' : undefined,
		};
		if (!mayRecord(ip, receivedAt.getTime())) {
			counters.rateLimited += 1;
			// Whoever clicks gets where the link leads, however often.
			if (mine.link) await aim(asked, mine);
			return queue.add([], done);
		}
		const received = await receive(asked, mine);
		if (received?.lookupError) {
			counters.lookupErrors += 1;
			deps.onError('lookup', received.lookupError);
		}
		if (!received?.event) {
			counters.notRecorded += 1;
			return queue.add(received ? entriesOf(received) : [], done);
		}
		// Not once the answer has gone out without its event. Says in the event whether it is held.
		if (holds && !mine.link && waiting.has(mine)) mine.hold = holds.take(received.event);
		queue.add(entriesOf(received), (outcome) => {
			counters[outcome === 'full' ? 'droppedFull' : 'recorded'] += 1;
			// There is no open that a held time could be added to.
			if (outcome === 'full') endHold(mine);
			done();
		});
	};

	const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
		counters.requests += 1;
		const { socket } = request;
		const connection = connections.get(socket) ?? newConnection();
		connection.requests += 1;
		connection.inFlight += 1;
		endHold(connection);
		if (connection.inFlight > MAX_PIPELINED) {
			counters.malformed += 1;
			socket.destroy();
		}
		// Bodies are not read, so the client need not send all of one.
		if (request.method !== 'GET' && request.method !== 'HEAD') response.shouldKeepAlive = false;
		const number = connection.requests;
		const link = settings.clicks && isLink(request.url ?? '') ? LINK_NOT_FOUND : null;
		const mine: Waiting = { response, connection, since: Date.now(), number, hold: null, link };
		waiting.add(mine);
		record(request, mine, () => answer(mine)).catch((error: unknown) => {
			counters.failed += 1;
			deps.onError('request', error);
			answer(mine);
		});
	};

	const server = createServer(
		{
			maxHeaderSize: MAX_HEADER_BYTES,
			headersTimeout: HEADERS_WITHIN_MS,
			requestTimeout: REQUEST_WITHIN_MS,
			connectionsCheckingInterval: CHECK_EVERY_MS,
			keepAliveTimeout: settings.proxyHops > 0 ? KEEP_ALIVE_BEHIND_PROXY_MS : KEEP_ALIVE_DIRECT_MS,
			// An email client that forgets the host name gets its image like any other.
			requireHostHeader: false,
		},
		onRequest,
	);
	server.maxConnections = settings.maxConnections;
	server.maxHeadersCount = 100;
	server.timeout = SILENCE_MS;
	server.on('connection', (socket) => connections.set(socket, newConnection()));
	server.on('checkExpectation', onRequest);
	server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
		// A client that closes its connection is no error.
		if (error.code !== 'ECONNRESET') counters.malformed += 1;
		const connection = connections.get(socket as Socket);
		if (connection) endHold(connection);
		if (!socket.writable || connection?.broken) {
			socket.destroy();
		} else if (connection && connection.inFlight > 0) {
			connection.broken = true;
		} else {
			socket.write(rawAnswer());
			(socket as Socket).destroySoon();
		}
	});

	const sweep = setInterval(() => {
		const before = Date.now() - ANSWER_WITHIN_MS;
		for (const request of waiting) {
			if (request.since > before) return;
			counters.answeredEarly += 1;
			answer(request);
		}
	}, SWEEP_EVERY_MS);

	await new Promise<void>((resolve, reject) => {
		server.once('error', (error: NodeJS.ErrnoException) => {
			clearInterval(sweep);
			reject(new CollectorError(whyNotListening(error, settings)));
		});
		const { port, host, sharePort } = settings;
		server.listen({ port, host, reusePort: sharePort }, resolve);
	});

	return {
		port: (server.address() as AddressInfo).port,
		connections: () =>
			new Promise((resolve, reject) =>
				server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
			),
		held: () => holds?.open() ?? 0,
		stop: async (limitMs) => {
			stopping = true;
			holds?.endAll();
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			const giveUpAt = Date.now() + limitMs;
			while (waiting.size > 0 && Date.now() < giveUpAt) await pause(SWEEP_EVERY_MS / 4);
			// The last answers get a moment to leave. Then connections without a request are closed, too.
			server.closeIdleConnections();
			await within(SWEEP_EVERY_MS, closed, async () => {
				server.closeAllConnections();
				await closed;
			});
			await queue.drain(limitMs);
			clearInterval(sweep);
		},
	};
}

/** What the proxy calls this request. A header of our own, which no client sends unknowingly. */
function requestIdIn(headers: IncomingHttpHeaders): string | undefined {
	const id = headers[REQUEST_ID_HEADER];
	return typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined;
}

function isLink(target: string): boolean {
	return target.split('?', 1)[0].endsWith(LINK_PATH_END);
}

function newConnection(): Connection {
	return { requests: 0, inFlight: 0, broken: false, hold: null };
}

/** Gives up the held answer of a connection, or the place of a request for one. */
function endHold(holder: { hold: Hold | null }): void {
	holder.hold?.end();
	holder.hold = null;
}

/** The same answer for a client whose request cannot be read. */
function rawAnswer(): Buffer {
	const head = `HTTP/1.1 200 OK\r\n${RAW_HEADERS}date: ${new Date().toUTCString()}\r\nconnection: close\r\n\r\n`;
	return Buffer.concat([Buffer.from(head, 'latin1'), PIXEL_PNG]);
}

/** Older versions ignore the option (https://nodejs.org/api/net.html#serverlistenoptions-callback). */
function canSharePorts(version: string): boolean {
	const [major, minor] = version.split('.').map(Number);
	return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

function whyNotListening(error: NodeJS.ErrnoException, { host, port }: ListenerSettings): string {
	if (error.code === 'EADDRINUSE') {
		return `Port ${port} is taken by another program. Choose another port, or stop that program.`;
	}
	if (error.code === 'ENOTSUP') {
		return 'This system cannot share a port. Give each collector a port of its own.';
	}
	if (error.code === 'EACCES') {
		return `Port ${port} may not be used by this user. Choose a port above 1023.`;
	}
	return `The collector cannot listen on ${host} port ${port} (${error.code}). Check the address.`;
}
