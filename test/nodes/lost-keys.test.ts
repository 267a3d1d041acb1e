import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IHookFunctions, INodeType } from 'n8n-workflow';

import { OpenTrackingTrigger } from '../../nodes/OpenTrackingTrigger/OpenTrackingTrigger.node';
import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { dataFolder } from '../../nodes/shared/installation/data-folder';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { generateKey } from '../../src/tracking/links/key-ring';
import { runCli, startCollectorProcess } from '../support/collector-process';
import { eventually } from '../support/n8n-instance';
import { executeContext, executeNode } from '../support/node-context';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const KEY = generateKey(randomBytes);
const OTHER = generateKey(randomBytes);
const [KEY_ID] = KEY.split(':');
const CREDENTIAL = 'emailOpenTrackingApi';
const credentials = (activeSecretKey: string, rest = {}) => ({
	[CREDENTIAL]: { activeSecretKey, ...rest },
});
const SENTENCE = `used with the signing key ${KEY_ID}`;

let folder: UserFolder;
beforeEach(() => {
	folder = newUserFolder();
});
afterEach(async () => await folder.remove());

async function open(recipientId: string, keys: ReturnType<typeof credentials>) {
	const node = new RespondAndLogOpen();
	const items = [{ json: { query: { id: recipientId }, headers: {} } }];
	const { context } = executeContext(node, items, { credentials: keys });
	// The open of an execution is one open, however often that is run.
	Object.assign(context, { getExecutionId: () => randomUUID() });
	await node.execute.call(context);
}

async function operation(
	name: string,
	parameters: Record<string, unknown>,
	keys: ReturnType<typeof credentials>,
) {
	const { output } = await executeNode(new OpenTracking(), [{ json: {} }], {
		parameters: { resource: 'privacy', operation: name, ...parameters },
		credentials: keys,
	});
	return output[0][0].json;
}
const erase = async (personId: string, keys: ReturnType<typeof credentials>) =>
	await operation('erasePerson', { personId }, keys);

async function readers(): Promise<Array<string | null>> {
	const { opens } = await (await folder.store()).listOpens({ limit: 10 });
	return opens.map(({ recipientId }) => recipientId).sort();
}
const waiting = async () => (await waitingFolders().report()).waiting;

async function publish(node: INodeType, keys: ReturnType<typeof credentials>): Promise<void> {
	const { context } = executeContext(node, [], { credentials: keys });
	const hooks = Object.assign(context, { getActivationMode: () => 'activate' });
	await (node as OpenTrackingTrigger).webhookMethods.default.checkExists.call(
		hooks as unknown as IHookFunctions,
	);
}

describe('the signing keys of an operation', () => {
	it('can be chosen in the panel wherever they are used', () => {
		const folder = join(__dirname, '../../nodes/OpenTracking/actions');
		const used = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
			const text = file.endsWith('.ts') ? readFileSync(join(folder, file), 'utf8') : '';
			const usesKeys = /signingOf|openStoreWithKeys|denylistKeysFor|readPersonLink/.test(text);
			return usesKeys ? (/^\tvalue: '(\w+)',$/m.exec(text)?.[1] ?? []) : [];
		});
		const { properties } = new OpenTracking().description;
		const field = properties.find(({ name }) => name === 'storeAndKeys');
		const without = field?.displayOptions?.hide?.operation ?? [];
		expect(used.length).toBeGreaterThan(10);
		expect(used.filter((operation) => without.includes(operation))).toEqual([]);
	});
});

describe('a store that was used with a signing key that is no longer set', () => {
	it('takes no open, and brings nobody back who was erased; opens wait for the key', async () => {
		await open('ada', credentials(KEY));
		await erase('erased', credentials(KEY));

		await open('erased', credentials(OTHER));
		await open('grace', credentials(OTHER));
		expect(await waiting()).toBe(2);
		expect(await readers()).toEqual(['ada']);

		// The key is back, beside the new one.
		await open('alan', credentials(OTHER, { previousSecretKeys: KEY }));
		await eventually(async () => (await waiting()) === 0, 40_000);
		expect(await readers()).toEqual(['ada', 'alan', 'grace']);
	}, 60_000);

	it('can do with a key that is kept for erased people only', async () => {
		await open('ada', credentials(KEY));
		await erase('erased', credentials(KEY));
		const kept = credentials(OTHER, { denylistOnlySecretKeys: KEY });
		await open('erased', kept);
		await open('grace', kept);
		expect(await readers()).toEqual(['ada', 'grace']);
	});

	it('is told apart from one whose key was replaced under the same id', async () => {
		await erase('erased', credentials(KEY));
		const sameId = `${KEY_ID}:${OTHER.split(':')[1]}`;
		await expect(erase('ada', credentials(sameId))).rejects.toThrow(SENTENCE);
	});

	it('refuses to erase, to export and to publish, and says what to do', async () => {
		await erase('erased', credentials(KEY));
		const refusal = {
			message: expect.stringContaining(SENTENCE),
			description: expect.stringContaining('Give Up Lost Key'),
		};
		const keys = credentials(OTHER);
		await expect(erase('ada', keys)).rejects.toMatchObject(refusal);
		const controller = { controllerName: 'Example', controllerContact: 'privacy@example.com' };
		await expect(
			operation('exportPerson', { personId: 'ada', ...controller }, keys),
		).rejects.toMatchObject(refusal);
		await expect(publish(new OpenTrackingTrigger(), keys)).rejects.toMatchObject({
			message: refusal.message,
		});
		await publish(new OpenTrackingTrigger(), credentials(KEY));
	});

	it.each([
		['recipient', 'registerSent', { sentRecipientId: 'erased', sentCampaignId: 'spring' }],
		['consent', 'withdraw', { personId: 'erased', withdrawMethod: 'reply to an email' }],
	])('refuses %s %s, which could bring somebody back', async (resource, name, parameters) => {
		await erase('erased', credentials(KEY));
		await expect(operation(name, { resource, ...parameters }, credentials(OTHER))).rejects.toThrow(
			SENTENCE,
		);
	});

	it('goes on once the key is given up', async () => {
		await erase('erased', credentials(KEY));
		await expect(operation('giveUpKey', { keyId: 'unknown' }, credentials(OTHER))).rejects.toThrow(
			'The store knows no key of this ID',
		);
		expect(await operation('giveUpKey', { keyId: KEY_ID }, credentials(OTHER))).toEqual({
			keyId: KEY_ID,
			givenUp: true,
		});
		await open('grace', credentials(OTHER));
		expect(await readers()).toEqual(['grace']);
	});

	it('keeps a collector from starting', async () => {
		const keyFile = (path: string, activeKey: string) => {
			mkdirSync(path, { recursive: true });
			const content = JSON.stringify({ activeKey, previousKeys: [] });
			writeFileSync(join(path, 'signing-keys.json'), content, { mode: 0o600 });
		};
		keyFile(dataFolder(), KEY);
		const first = await startCollectorProcess(dataFolder(), ['--admin-port', '0']);
		first.child.kill('SIGTERM');
		expect(await first.exited).toBe(0);
		const other = join(folder.path, 'other-keys');
		keyFile(other, OTHER);
		const { code, errors } = await runCli([
			...['collect', '--data', dataFolder(), '--port', '0', '--host', '127.0.0.1'],
			...['--admin-port', '0', '--keys', other],
		]);
		expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(SENTENCE) });
		expect(errors).not.toContain(OTHER.split(':')[1]);
	}, 30_000);
});
