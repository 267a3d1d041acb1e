import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { openPostgresStore } from '../../src/storage/postgres-store';
import { postgresSettings, type PostgresCredential } from './store';

/** Opens the database of the credential *Open Tracking PostgreSQL*, and brings its tables up to date. */
async function openTrackingPostgresTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	try {
		await openPostgresStore(postgresSettings(credential.data as unknown as PostgresCredential));
		return { status: 'OK', message: 'Connected; the tables are ready' };
	} catch (error) {
		return { status: 'Error', message: error instanceof Error ? error.message : String(error) };
	}
}

/** The credential tests that the nodes of this package name in `testedBy`. */
export const credentialTest = { openTrackingPostgresTest };
