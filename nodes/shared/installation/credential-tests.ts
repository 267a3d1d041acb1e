import { randomBytes } from 'node:crypto';

import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { v4 as uuidv4 } from 'uuid';

import { faultOfRules } from '../../../src/api/access-rules';
import { createHostedTracker } from '../../../src/api/hosted-tracker';
import { testPostgresConnection } from '../../../src/storage/postgres-store';
import { TOKEN_IV_BYTES } from '../../../src/tracking/links/sealed-token';
import { verifyToken } from '../../../src/tracking/links/token';
import { PIXEL_PATH, signTrackingLink } from '../../../src/tracking/links/tracking-link';
import { accessRulesOf, type AccessCredential } from './access';
import {
	describeWebhookSecrets,
	type EmailServiceCredential,
	webhookSecretsOf,
} from './email-service';
import { readSigning, type SigningCredential } from './signing';
import { postgresSettings, type PostgresCredential } from './store';

/** Connects to the database of the credential *Open Tracking PostgreSQL*, and changes nothing there. */
async function openTrackingPostgresTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await testResult(async () => {
		await testPostgresConnection(
			postgresSettings(credential.data as unknown as PostgresCredential),
		);
		return 'Connected';
	});
}

/** Signs a link with the active key and verifies it, as the nodes would. */
async function openTrackingSigningKeyTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await testResult(async () => {
		const { keyRing, baseUrl } = await readSigning(
			(credential.data ?? {}) as SigningCredential,
			(message, description) => {
				throw new Error(`${message}. ${description}`);
			},
		);
		const { token } = signTrackingLink({
			baseUrl: baseUrl || 'https://n8n.example.com',
			path: PIXEL_PATH,
			keyRing,
			iv: randomBytes(TOKEN_IV_BYTES),
			claims: {
				recipientId: 'credential-test',
				pixelId: null,
				campaignId: null,
				messageId: null,
				trackingMode: null,
				purpose: null,
				issuedAt: new Date(),
				preview: true,
			},
		});
		const verdict = verifyToken(token, keyRing, { now: new Date() });
		if (!verdict.ok) throw new Error('A link signed with the active key does not verify');
		return `Links are signed with the key "${keyRing.active.id}"; ${keyRing.keys.size} in all verify`;
	});
}

/** Asks the hosted tracker about a pixel that it cannot know. */
async function hostedPixelTrackerTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await testResult(async () => {
		const baseUrl = String(credential.data?.baseUrl ?? '');
		await createHostedTracker({ baseUrl, retries: 0 }).checkPixel(uuidv4());
		return 'The tracker answers';
	});
}

/** Says what webhooks can be checked by. The service itself cannot be asked. */
async function openTrackingEmailServiceTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await testResult(
		async () =>
			await Promise.resolve(
				describeWebhookSecrets(webhookSecretsOf((credential.data ?? {}) as EmailServiceCredential)),
			),
	);
}

/** Says whom the credential *Open Tracking Access* lets in. Nothing outside is asked. */
async function openTrackingAccessTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await testResult(async () => {
		const rules = accessRulesOf((credential.data ?? {}) as AccessCredential);
		const fault = faultOfRules(rules);
		if (fault !== null) throw new Error(fault);
		const { keys, signIns } = rules;
		const given = [
			keys.manage && 'programs that manage',
			keys.read && 'programs that read',
			signIns.manage.user && 'people who manage',
			signIns.read.user && 'people who read',
		].filter(Boolean);
		return await Promise.resolve(`Lets in ${given.join(', ')}`);
	});
}

async function testResult(test: () => Promise<string>): Promise<INodeCredentialTestResult> {
	try {
		return { status: 'OK', message: await test() };
	} catch (error) {
		return { status: 'Error', message: error instanceof Error ? error.message : String(error) };
	}
}

/** The credential tests that the nodes of this package name in `testedBy`. */
export const credentialTest = {
	hostedPixelTrackerTest,
	openTrackingAccessTest,
	openTrackingEmailServiceTest,
	openTrackingPostgresTest,
	openTrackingSigningKeyTest,
};
