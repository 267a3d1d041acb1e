import { parseKeyRing } from '../tracking/links/key-ring';
import type { KeySettings } from './intake-settings';
import { loadOrCreateKeyFile } from './key-file';
import type { SigningKeys } from './receive-deps';

/** The keys that a collector is set up with. */
export async function signingKeys(settings: KeySettings): Promise<SigningKeys> {
	const { maxAgeDays } = settings;
	return 'keyFolder' in settings
		? { keyRing: await loadOrCreateKeyFile(settings.keyFolder), maxAgeDays }
		: { keyRing: parseKeyRing(settings), maxAgeDays };
}
