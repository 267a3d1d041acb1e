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
