/**
 * The load of a soak test, in a process of its own: a steady number of loads per second over
 * keep-alive connections, each load with an identity of its own. Over plain sockets, because a
 * general HTTP client would take more of the machine than what is tested.
 */
import { connect, type Socket } from 'node:net';

import { identityOf, type LoadOrder, type LoadReport } from './identity';

const TICK_MS = 5;
const RECONNECT_AFTER_MS = 20;
const IMAGE_BYTES = 67;
const MAX_TRACKED_MS = 10_000;
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';

/** One connection: one load at a time, so that its loads have an order. */
class Client {
	sent = 0;
	readonly unanswered: number[] = [];
	#socket: Socket | null = null;
	#received = '';
	#sentAt = 0;
	#waiting = false;

	constructor(
		private readonly index: number,
		private readonly order: LoadOrder,
		private readonly onIdle: (client: Client) => void,
		private readonly onAnswer: (ms: number) => void,
	) {}

	open(): void {
		const socket = connect(this.order.port, this.order.host ?? '127.0.0.1', () =>
			this.onIdle(this),
		);
		this.#socket = socket.setNoDelay(true).setEncoding('latin1');
		socket.on('data', (chunk) => this.#read(String(chunk)));
		socket.on('error', () => undefined);
		socket.on('close', () => {
			if (this.#waiting) this.unanswered.push(this.sent - 1);
			this.#waiting = false;
			this.#socket = null;
			setTimeout(() => this.open(), RECONNECT_AFTER_MS).unref();
		});
	}

	/** Sends the next load; false when the connection is gone by now, and will report anew. */
	send(): boolean {
		if (!this.#socket?.writable) return false;
		const { path = '/pixel.png' } = this.order;
		const { recipientId, messageId } = identityOf(this.index, this.sent, this.order);
		this.sent += 1;
		this.#waiting = true;
		this.#received = '';
		this.#sentAt = performance.now();
		this.#socket.write(
			`GET ${path}?id=${recipientId}&messageId=${messageId} HTTP/1.1\r\nhost: soak\r\nuser-agent: ${USER_AGENT}\r\n\r\n`,
		);
		return true;
	}

	get waiting(): boolean {
		return this.#waiting;
	}

	#read(chunk: string): void {
		this.#received += chunk;
		const headEnd = this.#received.indexOf('\r\n\r\n');
		if (headEnd === -1) return;
		if (!/^HTTP\/1\.1 200 [^]*\r\ncontent-type: image\/png\r\n/i.test(this.#received)) {
			// Such as the error page of a proxy: no image, so it counts as no answer.
			this.#socket?.destroy();
			return;
		}
		if (this.#received.length < headEnd + 4 + IMAGE_BYTES) return;
		this.#waiting = false;
		this.onAnswer(performance.now() - this.#sentAt);
		if (!/\r\nconnection: close\r\n/i.test(this.#received)) this.onIdle(this);
	}
}

async function run(order: LoadOrder, isStopped: () => boolean): Promise<LoadReport> {
	const { rate, seconds, connections } = order;
	const idle: Client[] = [];
	const times = new Uint32Array(MAX_TRACKED_MS + 1);
	const clients = Array.from(
		{ length: connections },
		(_, index) =>
			new Client(
				index,
				order,
				(client) => idle.push(client),
				(ms) => (times[Math.min(MAX_TRACKED_MS, Math.ceil(ms))] += 1),
			),
	);
	for (const client of clients) client.open();

	const startedAt = performance.now();
	let started = 0;
	await new Promise<void>((resolve) => {
		const ticking = setInterval(() => {
			const elapsed = (performance.now() - startedAt) / 1000;
			if (elapsed >= seconds || isStopped()) {
				clearInterval(ticking);
				resolve();
			}
			const due = Math.floor(Math.min(elapsed, seconds) * rate);
			while (started < due && idle.length > 0) if (idle.shift()?.send()) started += 1;
		}, TICK_MS);
	});
	const giveUpAt = performance.now() + MAX_TRACKED_MS;
	while (clients.some(({ waiting }) => waiting) && performance.now() < giveUpAt) {
		await new Promise((resolve) => setTimeout(resolve, TICK_MS));
	}
	const quantile = (share: number): number => {
		const answered = times.reduce((sum, count) => sum + count, 0);
		let seen = 0;
		return times.findIndex((count) => (seen += count) >= answered * share);
	};
	return {
		order,
		clients: clients.map(({ sent, unanswered, waiting }) => ({
			sent,
			unanswered: waiting ? [...unanswered, sent - 1] : unanswered,
		})),
		latencyMs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
	};
}

let stopped = false;
process.once('message', (order: LoadOrder) => {
	process.once('message', () => (stopped = true));
	void run(order, () => stopped).then((report) => process.send?.(report, () => process.exit(0)));
});
