import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { StoreError } from '../../../src/storage/port/store-error';
import { STORE_AND_KEYS } from '../fields/store-and-keys';

const CREDENTIAL = 'emailOpenTrackingApi';

export type WithCredential = Pick<IExecuteFunctions | IWebhookFunctions, 'getNode'> & {
	getCredentials: IWebhookFunctions['getCredentials'];
};

/** The fields of the credential *Email Open Tracking*. Each may be empty. */
export interface OpenTrackingCredential {
	connectionStringSecret?: string;
	tls?: 'disable' | 'require' | 'verify-full';
	authorityPem?: string;
	activeSecretKey?: string;
	previousSecretKeys?: string;
	denylistOnlySecretKeys?: string;
	maxAgeDays?: number;
	baseUrl?: string;
}

/** The id of the credential that a node works with; `null` where it works with none. */
export function credentialId(context: Pick<WithCredential, 'getNode'>): string | null {
	const { parameters, credentials } = context.getNode();
	if (parameters?.[STORE_AND_KEYS] !== 'credential') return null;
	return credentials?.[CREDENTIAL]?.id ?? '';
}

/**
 * What the credential of a node says; nothing where it works with none.
 *
 * @throws StoreError when it is to work with one that cannot be read
 */
export async function credentialOf(context: WithCredential): Promise<OpenTrackingCredential> {
	if (credentialId(context) === null) return {};
	// n8n's own error names the credential by its id.
	const read = context.getCredentials<OpenTrackingCredential & object>(CREDENTIAL);
	const credential = await read.catch(() => null);
	if (credential !== null) return credential;
	throw new StoreError(
		'unavailable',
		'The credential Email Open Tracking could not be read. Choose it again in the node, or set Store and Keys to Built In.',
	);
}
