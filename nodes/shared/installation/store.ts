import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { openStore, type StoreSettings } from '../../../src/intake/intake-settings';
import { StoreError } from '../../../src/storage/port/store-error';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { testPostgresConnection } from '../../../src/storage/postgres-store';
import { dataFolder, isQueueMode } from './data-folder';

const CREDENTIAL = 'openTrackingPostgresApi';

type WithCredentials = Pick<IExecuteFunctions | IWebhookFunctions, 'getNode' | 'logger'> & {
	getCredentials: IWebhookFunctions['getCredentials'];
};

/** The fields of the credential *Open Tracking PostgreSQL*. */
export interface PostgresCredential {
	connectionStringSecret: string;
	tls: 'disable' | 'require' | 'verify-full';
	authorityPem?: string;
}

/** What the store needs of the credential. */
export function postgresSettings(credential: PostgresCredential) {
	return {
		connectionString: credential.connectionStringSecret,
		tls: credential.tls,
		caCertificate: credential.authorityPem || undefined,
	};
}

/** A key that is different for each store that nodes of this process work on. */
export function storeKey(context: Pick<WithCredentials, 'getNode'>): string {
	return context.getNode().credentials?.[CREDENTIAL]?.id ?? '';
}

/**
 * The store a node works on: PostgreSQL when its credential is set, else the embedded one in the
 * n8n folder. Handles are shared within the process, so this is cheap to call for each item.
 */
export async function openTrackingStore(context: WithCredentials): Promise<TrackingStore> {
	const settings = await storeSettings(context);
	return await openStore(settings, (message) => context.logger.error(message));
}

/**
 * Whether the store that a credential names can be used; the embedded one needs no test. Throws a
 * StoreError that says what to correct.
 */
export async function testStore(context: WithCredentials): Promise<void> {
	const settings = await storeSettings(context);
	if (settings.engine === 'postgres') await testPostgresConnection(settings);
}

/** The store that a node is set to, in the form that every door of this package takes. */
export async function storeSettings(
	context: Pick<WithCredentials, 'getNode' | 'getCredentials'>,
): Promise<StoreSettings> {
	if (!context.getNode().credentials?.[CREDENTIAL]) {
		return { engine: 'embedded', folder: dataFolder(), queueMode: isQueueMode() };
	}
	// n8n's own error names the credential by its id.
	const credential = await context.getCredentials<PostgresCredential>(CREDENTIAL).catch(() => null);
	if (credential === null) {
		throw new StoreError(
			'unavailable',
			'The credential Open Tracking PostgreSQL could not be read. Choose it again in the node.',
		);
	}
	return { engine: 'postgres', ...postgresSettings(credential) };
}
