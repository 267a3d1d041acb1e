import type { ListenerSettings } from './listener';

/** Where opens end up. The connection string is a secret; it stays in memory. */
export type StoreSettings =
	| { engine: 'embedded'; folder: string; queueMode: boolean }
	| {
			engine: 'postgres';
			connectionString: string;
			tls: 'disable' | 'require' | 'verify-full';
			caCertificate?: string;
	  };

/** The signing keys: as text, or of the key file in a folder. */
export type KeySettings =
	| { activeKey: string; previousKeys?: string; maxAgeDays?: number }
	| { keyFolder: string; maxAgeDays?: number };

/** All that a collector needs to know. Plain data, so that it can be sent to a worker thread. */
export interface CollectorSettings {
	/** Folder of the log; one collector at a time */
	folder: string;
	/** The log takes no more events from this size on, in bytes */
	maxBytes: number;
	/** Cursors that other readers of the log hold, beside the store's */
	consumers: readonly string[];
	listener: ListenerSettings;
	keys: KeySettings;
	store: StoreSettings;
}
