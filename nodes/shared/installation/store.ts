import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { openStore, type StoreSettings } from '../../../src/intake/intake-settings';
import { databaseOfN8n, isQueueMode } from '../../../src/intake/instance-environment';
import type { TrackingStore } from '../../../src/storage/port/tracking-store';
import { testPostgresConnection } from '../../../src/storage/postgres-store';
import {
	credentialId,
	credentialOf,
	type OpenTrackingCredential,
	type WithCredential,
} from './credential';
import { dataFolder } from './data-folder';

type StoreContext = WithCredential & Pick<IExecuteFunctions | IWebhookFunctions, 'logger'>;

/** A key that is different for each store that nodes of this process work on. */
export function storeKey(context: Pick<WithCredential, 'getNode'>): string {
	return credentialId(context) ?? '';
}

/**
 * The store a node works on. Handles are shared within the process, so this is cheap to call for
 * each item.
 */
export async function openTrackingStore(context: StoreContext): Promise<TrackingStore> {
	const settings = await storeSettings(context);
	return await openStore(settings, (message) => context.logger.error(message));
}

/**
 * Whether a store in PostgreSQL can be used; the embedded one needs no test. Throws a StoreError
 * that says what to correct.
 */
export async function testStore(context: StoreContext): Promise<void> {
	const settings = await storeSettings(context);
	if (settings.engine === 'postgres') await testPostgresConnection(settings);
}

/** The store that a node is set to, in the form that every door of this package takes. */
export async function storeSettings(context: WithCredential): Promise<StoreSettings> {
	return storeSettingsOf(await credentialOf(context));
}

/**
 * The store that a credential names; else, in queue mode, n8n's own PostgreSQL server, and in
 * regular mode the embedded one in the n8n folder, on whatever n8n itself is.
 */
export function storeSettingsOf(credential: OpenTrackingCredential): StoreSettings {
	const { connectionStringSecret, tls, authorityPem } = credential;
	if (connectionStringSecret) {
		return {
			engine: 'postgres',
			connectionString: connectionStringSecret,
			tls: tls ?? 'verify-full',
			caCertificate: authorityPem || undefined,
		};
	}
	const queueMode = isQueueMode();
	const own = queueMode ? databaseOfN8n() : null;
	return own ?? { engine: 'embedded', folder: dataFolder(), queueMode };
}
