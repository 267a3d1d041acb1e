import type { PrivacyStore } from '../storage/port/privacy-store';
import { keyFingerprint, type KeyRing } from '../tracking/links/key-ring';
import { KeyError } from './intake-settings';

type KeyStore = Pick<PrivacyStore, 'noteKeys'>;

/** The rings that each store handle has been found to know, so that each open need not ask. */
const checked = new WeakMap<KeyStore, Set<string>>();

/**
 * Makes sure that these are the keys this store has been used with: all that it knows, and any new
 * ones beside them. With other keys, erased people would be recorded again and emails that are out
 * would count as forged, so nothing may be written with them.
 *
 * @throws KeyError that names the missing keys by their ids and says what to do
 */
export async function checkKeys(store: KeyStore, keyRing: KeyRing): Promise<void> {
	const keys = [...keyRing.keys.values(), ...keyRing.denylistOnly].map((key) => ({
		id: key.id,
		fingerprint: keyFingerprint(key),
	}));
	const ring = JSON.stringify(keys);
	const known = checked.get(store) ?? new Set();
	checked.set(store, known);
	if (known.has(ring)) return;
	const ids = await store.noteKeys(keys);
	if (ids.length > 0) throw missing(ids);
	known.add(ring);
}

function missing(ids: readonly string[]): KeyError {
	const [keys, they] = ids.length === 1 ? ['key', 'it is'] : ['keys', 'they are'];
	return new KeyError(
		`This store was used with the signing ${keys} ${ids.join(', ')}, and ${they} not among the keys set now. Restore signing-keys.json from a backup, or choose the credential that holds the ${keys}.`,
		'Without it, erased people would be recorded again, and links in emails that are out would count as forged. A key that signs no more belongs among the previous keys, or among those kept for erased people. Of a key that is lost for good, give the ID to Open Tracking → Privacy → Give Up Lost Key.',
	);
}
