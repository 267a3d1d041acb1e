import type { KeySettings, StoreSettings } from '../../intake/intake-settings';
import type { InstalledPart } from '../../storage/port/privacy-store';
import type { ReceiveSettings } from '../../tracking/receive/receive-types';
import type { BrokerSettings } from './broker-settings';

export interface FloodSettings {
	/** Loads per second that one address may record on average; 0 sets no limit */
	perSecond: number;
	/** Loads that one address may record at once */
	burst: number;
}

/** How a collector listens and what it does with each load. */
export interface ListenerSettings {
	/** Address to listen on */
	host: string;
	/** 0 takes any free port */
	port: number;
	/** Whether other processes may listen on the same port; the system spreads the connections */
	sharePort?: boolean;
	/** How many proxies in front are this operator's own; see `clientAddress` */
	proxyHops: number;
	/** Connections held at once; more are closed at once */
	maxConnections: number;
	flood: FloodSettings;
	receive: ReceiveSettings;
	/** Whether tracked links are followed as well: requests for a path that ends in `/link` */
	clicks: boolean;
	/** How long an answer may be held open to measure for how long; `null` to measure none */
	imageHold: { limitMs: number } | null;
}

/** All that a collector needs to know. Plain data, so that it can be sent to a worker thread. */
export interface CollectorSettings {
	/** Folder of the log; one collector at a time */
	folder: string;
	/** The log takes no more events from this size on, in bytes, whoever writes */
	maxBytes: number;
	/** Cursors that other readers of the log hold, beside the store's */
	consumers: readonly string[];
	/** `null` where others write the log, as n8n's webhooks can, and it is only to be read */
	listener: ListenerSettings | null;
	keys: KeySettings;
	store: StoreSettings;
	/** Where opens are handed on to, if anywhere */
	broker: BrokerSettings | null;
	/** The notes for the privacy report; none where others make them, as n8n's triggers do */
	reportedSetup: readonly InstalledPart[];
}

/**
 * The address to listen on where none was set. Behind proxies it is this machine alone: whoever
 * reaches the port past them writes `X-Forwarded-For` as they like, and so gets around the limit of
 * loads per address.
 */
export function defaultHost(proxyHops: number): string {
	return proxyHops > 0 ? '127.0.0.1' : '::';
}

/**
 * Limits where none are set. A log of 4 GiB holds about four million opens. One address may
 * record as much as the busiest image proxies of large mailbox providers load.
 */
export const DEFAULT_LIMITS = {
	maxBytes: 4 * 1024 ** 3,
	maxConnections: 10_000,
	flood: { perSecond: 1000, burst: 10_000 },
} as const;
