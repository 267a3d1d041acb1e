import type { PostgresOptions } from '../storage/database/postgres/postgres-database';
import { openEmbeddedStore } from '../storage/embedded-store';
import type { TrackingStore } from '../storage/port/tracking-store';
import { openPostgresStore } from '../storage/postgres-store';
import { parseKeyRing, type KeyRing, type KeyTexts } from '../tracking/links/key-ring';
import { loadOrCreateKeyFile } from './key-file';

/** Where opens end up. The connection string is a secret; it stays in memory. */
export type StoreSettings =
	| { engine: 'embedded'; folder: string; queueMode: boolean }
	| ({ engine: 'postgres' } & Omit<PostgresOptions, 'lockLimitMs'>);

/**
 * The signing keys: as text, or with the active one of the key file in a folder. Without an age
 * links never expire.
 */
export type KeySettings = (KeyTexts | ({ keyFolder: string } & Omit<KeyTexts, 'activeKey'>)) & {
	maxAgeDays?: number;
};

/** What signed links are checked with. */
export interface SigningKeys {
	keyRing: KeyRing;
	/** `undefined` for links that never expire */
	maxAgeDays: number | undefined;
}

/**
 * An error of the signing keys that the operator can act on. The message says what happened and
 * what to do, and holds no key.
 */
export class KeyError extends Error {
	override readonly name = 'KeyError';

	constructor(
		message: string,
		/** What to do, where the message does not say all of it */
		readonly advice?: string,
	) {
		super(message);
	}
}

/**
 * The store that a door is set up with. All doors of a process, or of a thread of it, share its
 * handle, so this is cheap to call for each open.
 *
 * @param tell gets a sentence for the operator when the embedded file is deleted or replaced
 * @throws StoreError that says what to correct
 */
export async function openStore(
	settings: StoreSettings,
	tell?: (message: string) => void,
): Promise<TrackingStore> {
	if (settings.engine === 'embedded') {
		const { folder, queueMode } = settings;
		return await openEmbeddedStore({ folder, queueMode, tell });
	}
	return await openPostgresStore(settings);
}

/**
 * The keys that a door is set up with. A key file is made where it is missing.
 *
 * @throws KeyError when a key or the file cannot be used
 */
export async function readKeys(settings: KeySettings): Promise<SigningKeys> {
	const { maxAgeDays } = settings;
	try {
		return 'keyFolder' in settings
			? { keyRing: await loadOrCreateKeyFile(settings.keyFolder, settings), maxAgeDays }
			: { keyRing: parseKeyRing(settings), maxAgeDays };
	} catch (error) {
		throw new KeyError(error instanceof Error ? error.message : 'The keys could not be read.');
	}
}
