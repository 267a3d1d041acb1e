import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { readKeys, type KeySettings, type SigningKeys } from '../../../src/intake/intake-settings';
import { checkKeys } from '../../../src/intake/known-keys';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import type { KeyRing } from '../../../src/tracking/links/key-ring';
import { dataFolder, isQueueMode } from './data-folder';
import { openTrackingStore } from './store';

const CREDENTIAL = 'openTrackingSigningKeyApi';
/** A changed credential is in force after this time; reading it for each open would cost a query. */
const REMEMBER_MS = 10_000;

/** The fields of the credential *Open Tracking Signing Key*. */
export interface SigningCredential {
	baseUrl?: string;
	activeSecretKey?: string;
	previousSecretKeys?: string;
	denylistOnlySecretKeys?: string;
	maxAgeDays?: number;
}

export interface Signing extends SigningKeys {
	/** As the credential says; empty for n8n's own */
	baseUrl: string;
}

type SigningContext = Pick<IExecuteFunctions | IWebhookFunctions, 'getNode'> & {
	getCredentials: IWebhookFunctions['getCredentials'];
};
/** Throws an error in the form that its caller wants. */
type Refuse = (message: string, description: string) => never;

const remembered = new Map<string, { until: number; signing: Promise<Signing> }>();

/**
 * The keys a node signs and verifies with: those of its credential, else the ones of this
 * installation, which are made at the first need.
 */
export async function signingOf(context: SigningContext): Promise<Signing> {
	const key = context.getNode().credentials?.[CREDENTIAL]?.id ?? '';
	const known = remembered.get(key);
	if (known && known.until > Date.now()) return await known.signing;
	const signing = (async () => await readSigning(await credentialOf(context), refuseIn(context)))();
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
	context: SigningContext & Parameters<typeof openTrackingStore>[0],
): Promise<{ store: TrackingStore; keyRing: KeyRing }> {
	const { keyRing } = await signingOf(context);
	const store = await openTrackingStore(context);
	await checkKeys(store, keyRing);
	return { store, keyRing };
}

/** The keys that a node is set to, in the form that every door of this package takes. */
export async function keySettings(context: SigningContext): Promise<KeySettings> {
	return keySettingsOf(await credentialOf(context), refuseIn(context));
}

/** Turns the fields of the credential into keys; `refuse` throws where that is not possible. */
export async function readSigning(credential: SigningCredential, refuse: Refuse): Promise<Signing> {
	const keys = await readKeys(keySettingsOf(credential, refuse));
	return { ...keys, baseUrl: credential.baseUrl?.trim() ?? '' };
}

function keySettingsOf(credential: SigningCredential, refuse: Refuse): KeySettings {
	const { activeSecretKey, previousSecretKeys, denylistOnlySecretKeys } = credential;
	const maxAgeDays = credential.maxAgeDays || undefined;
	if (activeSecretKey) {
		return {
			activeKey: activeSecretKey,
			previousKeys: previousSecretKeys,
			denylistOnlyKeys: denylistOnlySecretKeys,
			maxAgeDays,
		};
	}
	if (isQueueMode()) {
		refuse(
			'There is no signing key for tracking links',
			'In queue mode each process would make a key of its own. Set an active key in the credential Open Tracking Signing Key.',
		);
	}
	return { keyFolder: dataFolder(), maxAgeDays };
}

async function credentialOf(context: SigningContext): Promise<SigningCredential> {
	if (!context.getNode().credentials?.[CREDENTIAL]) return {};
	return await context.getCredentials<SigningCredential>(CREDENTIAL);
}

function refuseIn(context: SigningContext): Refuse {
	return (message, description) => {
		throw new NodeOperationError(context.getNode(), message, { description });
	};
}
