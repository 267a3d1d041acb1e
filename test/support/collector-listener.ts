import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newCounters, type Counters } from '../../src/collector/config/counters';
import type { ListenerSettings } from '../../src/collector/config/settings';
import { startListener, type Listener } from '../../src/collector/listen/listener';
import { createCommitQueue } from '../../src/collector/log/commit-queue';
import { readRecord, type LogRecord } from '../../src/collector/log/log-record';
import { openCollectorLog, type CollectorLog } from '../../src/collector/log/collector-log';
import { RECEIVE_DEFAULTS } from '../../src/intake/receive-defaults';
import { createReceiveDeps } from '../../src/intake/receive-deps';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { parseKeyRing, type KeyRing } from '../../src/tracking/links/key-ring';
import { clientAddress } from '../../src/tracking/receive/client-address';
import type { LinkDeps, ReceiveSettings } from '../../src/tracking/receive/receive-types';

export const RECEIVE: ReceiveSettings = RECEIVE_DEFAULTS;
export const KEY_RING: KeyRing = parseKeyRing({
	activeKey: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
});

export interface TestListener {
	url: string;
	port: number;
	log: CollectorLog;
	counters: Counters;
	errors: Array<{ what: string; error: unknown }>;
	listener: Listener;
	/** Everything in the log */
	records(): LogRecord[];
	/** Opens in the log */
	events(): OpenEvent[];
	stop(): Promise<void>;
}

/** A listener of this process with a log of its own, as the listening thread puts it together. */
export async function listen(
	settings: Partial<ListenerSettings> = {},
	overrides: { receive?: Partial<LinkDeps>; wrapLog?: (log: CollectorLog) => CollectorLog } = {},
): Promise<TestListener> {
	const folder = mkdtempSync(join(tmpdir(), 'collector-'));
	const log = openCollectorLog({ folder, durable: true });
	log.setConsumers(['test']);
	const counters = newCounters();
	const errors: TestListener['errors'] = [];
	const queue = createCommitQueue(overrides.wrapLog?.(log) ?? log, { counters });
	const listener = await startListener(
		{
			host: '127.0.0.1',
			port: 0,
			proxyHops: 0,
			maxConnections: 1000,
			flood: { perSecond: 0, burst: 0 },
			receive: RECEIVE,
			clicks: false,
			imageHold: null,
			...settings,
		},
		{
			receive: {
				...createReceiveDeps({
					signing: () => ({ keyRing: KEY_RING, maxAgeDays: undefined }),
					lookups: {
						isErased: async () => false,
						consentOf: async () => ({ status: 'unknown', record: null }),
						ipKey: async () => Buffer.alloc(32, 2),
						noteProbe: async () => undefined,
					},
				}),
				...overrides.receive,
			},
			clientAddress,
			queue,
			counters,
			now: () => new Date(),
			onError: (what, error) => errors.push({ what, error }),
		},
	);
	const records = () => log.read('test', 100_000).map(({ event }) => readRecord(event));
	return {
		url: `http://127.0.0.1:${listener.port}`,
		port: listener.port,
		log,
		counters,
		errors,
		listener,
		records,
		events: () => records().flatMap((record) => ('open' in record ? [record.open] : [])),
		stop: async () => {
			await listener.stop(1000);
			log.close();
			rmSync(folder, { recursive: true });
		},
	};
}

/** A plain TCP client: writes what it is given, and keeps all that comes back. */
export class RawClient {
	received = Buffer.alloc(0);
	readonly socket: Socket;
	readonly closed: Promise<void>;
	#waiting: Array<() => void> = [];

	constructor(port: number) {
		this.socket = connect(port, '127.0.0.1');
		this.socket.on('data', (chunk) => {
			this.received = Buffer.concat([this.received, chunk]);
			for (const check of this.#waiting) check();
		});
		this.socket.on('error', () => undefined);
		this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
	}

	write(text: string | Buffer): this {
		this.socket.write(text);
		return this;
	}

	/** How often a text occurs in what came back. */
	count(text: string): number {
		return this.received.toString('latin1').split(text).length - 1;
	}

	/** Resolves when `text` has come back `times` times. */
	async until(text: string, times = 1): Promise<void> {
		if (this.count(text) >= times) return;
		await new Promise<void>((resolve) =>
			this.#waiting.push(() => {
				if (this.count(text) >= times) resolve();
			}),
		);
	}
}
