import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { openPostgresStore } from '../../src/storage/postgres-store';
import type { TrackingStore } from '../../src/storage/tracking-store';
import { dataFolder, isQueueMode } from './data-folder';

const CREDENTIAL = 'openTrackingPostgresApi';

type WithCredentials = Pick<IExecuteFunctions | IWebhookFunctions, 'getNode'> & {
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

/** Tells the stores that nodes of this process work on apart. */
export function storeKey(context: Pick<WithCredentials, 'getNode'>): string {
	return context.getNode().credentials?.[CREDENTIAL]?.id ?? '';
}

/**
 * The store a node works on: PostgreSQL when its credential is set, else the embedded one in the
 * n8n folder. Handles are shared within the process, so this is cheap to call for each item.
 */
export async function openTrackingStore(context: WithCredentials): Promise<TrackingStore> {
	if (context.getNode().credentials?.[CREDENTIAL]) {
		const credential = await context.getCredentials<PostgresCredential>(CREDENTIAL);
		return await openPostgresStore(postgresSettings(credential));
	}
	return await openEmbeddedStore({ folder: dataFolder(), queueMode: isQueueMode() });
}
