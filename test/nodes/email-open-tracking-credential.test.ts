import { randomBytes } from 'node:crypto';

import type { ICredentialsDecrypted, ICredentialTestFunctions } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import type { OpenTrackingCredential } from '../../nodes/shared/installation/credential';
import { credentialTest } from '../../nodes/shared/installation/credential-tests';
import { readSigning } from '../../nodes/shared/installation/signing';
import { storeSettingsOf } from '../../nodes/shared/installation/store';
import { deriveSigningKey } from '../../src/tracking/links/derived-key';
import { generateKey } from '../../src/tracking/links/key-ring';
import { executeNode } from '../support/node-context';
import { describeOnPostgres, postgresUrl } from '../support/stores';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const NOBODY = 'postgres://someone:hunter2@127.0.0.1:9/none';
const ENCRYPTION_KEY = randomBytes(24).toString('base64');

let folder: UserFolder;
const before = { ...process.env };
beforeEach(() => {
	folder = newUserFolder();
});
afterEach(async () => {
	await folder.remove();
	process.env = { ...before };
});

/** As a person presses Test in the dialog. */
const test = async (data: OpenTrackingCredential) =>
	await credentialTest.emailOpenTrackingTest.call(
		{} as ICredentialTestFunctions,
		{ data } as unknown as ICredentialsDecrypted,
	);

const inQueueMode = (more: Record<string, string> = {}) =>
	Object.assign(process.env, {
		EXECUTIONS_MODE: 'queue',
		N8N_ENCRYPTION_KEY: ENCRYPTION_KEY,
		...more,
	});

describe('the test of the credential Email Open Tracking', () => {
	it('says of each part that is empty what is in force', async () => {
		const { status, message } = await test({});
		expect(status).toBe('OK');
		expect(message).toMatch(
			/^Store: not set, so opens are kept in a file in the folder of n8n\. Signing keys: ok, n8n's own key "\w+" signs\. Base URL: not set, so links begin with the address that n8n is set up with\.$/,
		);
	});

	it('says which keys there are, and how links begin', async () => {
		const [active, previous] = [generateKey(randomBytes), generateKey(randomBytes)];
		const { status, message } = await test({
			activeSecretKey: active,
			previousSecretKeys: previous,
			baseUrl: 'https://n8n.example.com',
		});
		expect(status).toBe('OK');
		const [id] = active.split(':');
		expect(message).toContain(`Signing keys: ok, "${id}" signs, and 1 more verify.`);
		expect(message).toContain('Base URL: links begin with https://n8n.example.com/webhook.');
	});

	it('says what is wrong with one part and what works of the others, without a secret', async () => {
		const { status, message } = await test({
			connectionStringSecret: NOBODY,
			tls: 'disable',
			activeSecretKey: 'k1:c2hvcnQ=',
			baseUrl: 'https://n8n.example.com/webhook-test',
		});
		expect(status).toBe('Error');
		expect(message).toMatch(/Store: PostgreSQL could not be reached \(ECONNREFUSED\)\. Check/);
		expect(message).toMatch(/Signing keys: The active key is too short/);
		expect(message).toMatch(/Base URL: The base URL is a test address/);
		expect(message).not.toMatch(/hunter2|c2hvcnQ/);
		const more = await test({ connectionStringSecret: NOBODY, tls: 'disable' });
		expect(more).toMatchObject({
			status: 'Error',
			message: expect.stringContaining('Signing keys: ok'),
		});
	});

	it('says why nothing can be stored in queue mode on SQLite', async () => {
		inQueueMode();
		const { status, message } = await test({});
		expect(status).toBe('Error');
		expect(message).toMatch(/Store: .* cannot be used in n8n queue mode.*DB_TYPE=postgresdb/);
	});
});

describeOnPostgres('that test, with a PostgreSQL server', () => {
	it('names the schema, of the server that is set and of that of n8n', async () => {
		const data = { connectionStringSecret: postgresUrl, tls: 'disable' as const };
		expect(await test(data)).toMatchObject({
			status: 'OK',
			message: expect.stringMatching(/^Store: connected, schema email_open_tracking/),
		});
		const { hostname, port, username, password, pathname } = new URL(postgresUrl);
		inQueueMode({
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: hostname,
			DB_POSTGRESDB_PORT: port || '5432',
			DB_POSTGRESDB_DATABASE: pathname.slice(1),
			DB_POSTGRESDB_USER: username,
			DB_POSTGRESDB_PASSWORD: password,
			DB_TABLE_PREFIX: 'never_made_',
		});
		expect((await test({})).message).toMatch(
			/^Store: not set, so opens are kept on n8n's own PostgreSQL server\. Connected, schema never_made_email_open_tracking, which is made with the first open\./,
		);
	});
});

describe('store and keys without that credential', () => {
	it('are files in regular mode, also where n8n itself is on PostgreSQL', () => {
		process.env.DB_TYPE = 'postgresdb';
		expect(storeSettingsOf({})).toMatchObject({ engine: 'embedded', queueMode: false });
	});

	it("are n8n's server and a derived key in queue mode", async () => {
		inQueueMode({ DB_TYPE: 'postgresdb' });
		expect(storeSettingsOf({})).toMatchObject({
			engine: 'postgres',
			schema: 'email_open_tracking',
		});
		const { keyRing } = await readSigning({});
		expect(keyRing.active.id).toBe(deriveSigningKey(ENCRYPTION_KEY).split(':')[0]);
	});

	it('stay when only previous keys are set, in each mode', async () => {
		const previous = generateKey(randomBytes);
		const [own] = (await readSigning({})).keyRing.keys.keys();
		const beside = await readSigning({ previousSecretKeys: previous });
		expect([...beside.keyRing.keys.keys()]).toEqual([own, previous.split(':')[0]]);
		inQueueMode();
		// The encryption key of n8n was changed: links that the key before signed go on working.
		const old = deriveSigningKey(randomBytes(24).toString('base64'));
		const { keyRing } = await readSigning({ previousSecretKeys: old });
		expect([...keyRing.keys.keys()]).toEqual([
			deriveSigningKey(ENCRYPTION_KEY).split(':')[0],
			old.split(':')[0],
		]);
	});

	it('are those of the privacy report', async () => {
		const report = async () => {
			const { output } = await executeNode(new OpenTracking(), [{ json: {} }], {
				parameters: {
					resource: 'report',
					operation: 'getPrivacyReport',
					controllerName: 'Example Ltd',
					controllerContact: 'privacy@example.com',
				},
			});
			return Buffer.from(output[0][0].binary!.data.data, 'base64').toString();
		};
		expect(await report()).toContain('a file in the folder of n8n');
	});
});
