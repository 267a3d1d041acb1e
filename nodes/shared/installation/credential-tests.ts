import { randomBytes } from 'node:crypto';

import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { v4 as uuidv4 } from 'uuid';

import { faultOfRules } from '../../../src/api/access-rules';
import { createHostedTracker } from '../../../src/api/hosted-tracker';
import { openStore } from '../../../src/intake/intake-settings';
import { testPostgresConnection } from '../../../src/storage/postgres-store';
import { TOKEN_IV_BYTES } from '../../../src/tracking/links/sealed-token';
import { verifyToken } from '../../../src/tracking/links/token';
import {
	normaliseBaseUrl,
	PIXEL_PATH,
	signTrackingLink,
} from '../../../src/tracking/links/tracking-link';
import { accessRulesOf, type AccessCredential } from './access';
import type { OpenTrackingCredential } from './credential';
import {
	describeWebhookSecrets,
	type EmailServiceCredential,
	webhookSecretsOf,
} from './email-service';
import { readSigning } from './signing';
import { storeSettingsOf } from './store';

/** Tries each part of the credential *Email Open Tracking*, and says of each what is in force. */
async function emailOpenTrackingTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const fields = (credential.data ?? {}) as OpenTrackingCredential;
	const parts = [
		await part('Store', async () => await tryStore(fields)),
		await part('Signing keys', async () => await tryKeys(fields)),
		await part('Base URL', async () => await Promise.resolve(tryBaseUrl(fields))),
	];
	return {
		status: parts.every(({ works }) => works) ? 'OK' : 'Error',
		message: parts.map(({ text }) => text).join(' '),
	};
}

/** One part of a test, as a sentence that begins with its name. */
async function part(name: string, test: () => Promise<string>) {
	try {
		return { works: true, text: `${name}: ${await test()}.` };
	} catch (error) {
		return { works: false, text: `${name}: ${error instanceof Error ? error.message : error}` };
	}
}

/** Connects to the database, and changes nothing there. */
async function tryStore(credential: OpenTrackingCredential): Promise<string> {
	const settings = storeSettingsOf(credential);
	if (settings.engine === 'embedded') {
		// Refuses, and says why.
		if (settings.queueMode) await openStore(settings);
		return 'not set, so opens are kept in a file in the folder of n8n';
	}
	const { schema, exists } = await testPostgresConnection(settings);
	const connected = credential.connectionStringSecret
		? 'connected'
		: "not set, so opens are kept on n8n's own PostgreSQL server. Connected";
	return `${connected}, schema ${schema}${exists ? '' : ', which is made with the first open'}`;
}

/** Signs a link with the active key and verifies it, as the nodes would. */
async function tryKeys(credential: OpenTrackingCredential): Promise<string> {
	const { keyRing } = await readSigning(credential);
	const { token } = signTrackingLink({
		baseUrl: 'https://n8n.example.com',
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
	const { id } = keyRing.active;
	const active = credential.activeSecretKey ? `"${id}" signs` : `n8n's own key "${id}" signs`;
	const others = keyRing.keys.size - 1;
	return `ok, ${active}${others > 0 ? `, and ${others} more verify` : ''}`;
}

function tryBaseUrl({ baseUrl }: OpenTrackingCredential): string {
	const given = baseUrl?.trim();
	if (!given) return 'not set, so links begin with the address that n8n is set up with';
	return `links begin with ${normaliseBaseUrl(given)}`;
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
	emailOpenTrackingTest,
	hostedPixelTrackerTest,
	openTrackingAccessTest,
	openTrackingEmailServiceTest,
};
