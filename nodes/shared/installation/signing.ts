import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { loadOrCreateKeyFile } from '../../../src/intake/key-file';
import { parseKeyRing, type KeyRing } from '../../../src/tracking/links/key-ring';
import { dataFolder, isQueueMode } from './data-folder';

const CREDENTIAL = 'openTrackingSigningKeyApi';
/** A changed credential is in force after this time; reading it for each open would cost a query. */
const REMEMBER_MS = 10_000;

/** The fields of the credential *Open Tracking Signing Key*. */
export interface SigningCredential {
	baseUrl?: string;
	activeSecretKey?: string;
	previousSecretKeys?: string;
	maxAgeDays?: number;
}

export interface Signing {
	keyRing: KeyRing;
	/** As the credential says; empty for n8n's own */
	baseUrl: string;
	/** `undefined` for links that never expire */
	maxAgeDays: number | undefined;
}

const remembered = new Map<string, { until: number; signing: Promise<Signing> }>();

/**
 * The keys a node signs and verifies with: those of its credential, else the ones of this
 * installation, which are made at the first need.
 */
export async function signingOf(
	context: Pick<IExecuteFunctions | IWebhookFunctions, 'getNode'> & {
		getCredentials: IWebhookFunctions['getCredentials'];
	},
): Promise<Signing> {
	const selected = context.getNode().credentials?.[CREDENTIAL];
	const key = selected?.id ?? '';
	const known = remembered.get(key);
	if (known && known.until > Date.now()) return await known.signing;
	const signing = (async () => {
		const credential = selected ? await context.getCredentials<SigningCredential>(CREDENTIAL) : {};
		return await readSigning(credential, (message, description) => {
			throw new NodeOperationError(context.getNode(), message, { description });
		});
	})();
	remembered.set(key, { until: Date.now() + REMEMBER_MS, signing });
	signing.catch(() => remembered.delete(key));
	return await signing;
}

/** Turns the fields of the credential into keys; `refuse` throws where that is not possible. */
export async function readSigning(
	credential: SigningCredential,
	refuse: (message: string, description: string) => never,
): Promise<Signing> {
	if (!credential.activeSecretKey && isQueueMode()) {
		refuse(
			'There is no signing key for tracking links',
			'In queue mode each process would make a key of its own. Set an active key in the credential Open Tracking Signing Key.',
		);
	}
	const {
		activeSecretKey: activeKey,
		previousSecretKeys: previousKeys,
		maxAgeDays,
		baseUrl,
	} = credential;
	return {
		keyRing: activeKey
			? parseKeyRing({ activeKey, previousKeys })
			: await loadOrCreateKeyFile(dataFolder()),
		baseUrl: baseUrl?.trim() ?? '',
		maxAgeDays: maxAgeDays || undefined,
	};
}
