import { readKeys, type KeySettings, type SigningKeys } from '../../../src/intake/intake-settings';
import { checkKeys } from '../../../src/intake/known-keys';
import { isQueueMode, signingKeyOfN8n } from '../../../src/intake/instance-environment';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import type { KeyRing } from '../../../src/tracking/links/key-ring';
import {
	credentialId,
	credentialOf,
	type OpenTrackingCredential,
	type WithCredential,
} from './credential';
import { dataFolder } from './data-folder';
import { openTrackingStore } from './store';

/** A changed credential is in force after this time; reading it for each open would cost a query. */
const REMEMBER_MS = 10_000;

export interface Signing extends SigningKeys {
	/** As the credential says; empty for n8n's own */
	baseUrl: string;
}

const remembered = new Map<string, { until: number; signing: Promise<Signing> }>();

/** The keys a node signs and verifies with, and the address in its links. */
export async function signingOf(context: WithCredential): Promise<Signing> {
	const key = credentialId(context) ?? dataFolder();
	const known = remembered.get(key);
	if (known && known.until > Date.now()) return await known.signing;
	const signing = (async () => await readSigning(await credentialOf(context)))();
	remembered.set(key, { until: Date.now() + REMEMBER_MS, signing });
	signing.catch(() => remembered.delete(key));
	return await signing;
}

/**
 * The store and the keys of a node, which belong together: see `checkKeys`.
 *
 * @throws KeyError when the store was used with a key that is missing here
 */
export async function openStoreWithKeys(
	context: Parameters<typeof openTrackingStore>[0],
): Promise<{ store: TrackingStore; keyRing: KeyRing }> {
	const { keyRing } = await signingOf(context);
	const store = await openTrackingStore(context);
	await checkKeys(store, keyRing);
	return { store, keyRing };
}

/** The keys that a node is set to, in the form that every door of this package takes. */
export async function keySettings(context: WithCredential): Promise<KeySettings> {
	return keySettingsOf(await credentialOf(context));
}

/**
 * Turns the fields of the credential into keys.
 *
 * @throws KeyError where that is not possible
 */
export async function readSigning(credential: OpenTrackingCredential): Promise<Signing> {
	const keys = await readKeys(keySettingsOf(credential));
	return { ...keys, baseUrl: credential.baseUrl?.trim() ?? '' };
}

/**
 * The active key is that of the credential; else, in queue mode, the one that all processes derive,
 * and in regular mode the one of the key file, which is made at the first need.
 */
function keySettingsOf(credential: OpenTrackingCredential): KeySettings {
	const more = {
		previousKeys: credential.previousSecretKeys,
		denylistOnlyKeys: credential.denylistOnlySecretKeys,
		maxAgeDays: credential.maxAgeDays || undefined,
	};
	if (credential.activeSecretKey) return { activeKey: credential.activeSecretKey, ...more };
	if (isQueueMode()) return { activeKey: signingKeyOfN8n(), ...more };
	return { keyFolder: dataFolder(), ...more };
}
