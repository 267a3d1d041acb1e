import { loadOrCreateKeyFile } from '../key-file';
import type { SigningKeys } from '../receive-deps';
import { parseKeyRing } from '../tracking/key-ring';
import type { KeySettings } from './settings';

/** The keys that a collector is set up with. */
export async function signingKeys(settings: KeySettings): Promise<SigningKeys> {
	const { maxAgeDays } = settings;
	return 'keyFolder' in settings
		? { keyRing: await loadOrCreateKeyFile(settings.keyFolder), maxAgeDays }
		: { keyRing: parseKeyRing(settings), maxAgeDays };
}
