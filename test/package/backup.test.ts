import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { signingOf } from '../../nodes/shared/installation/signing';
import { waitingFolders } from '../../nodes/shared/receive/waiting-opens';
import { TrackingPixel } from '../../nodes/TrackingPixel/TrackingPixel.node';
import { openPostgresStore } from '../../src/storage/postgres-store';
import { consentRecord } from '../support/consent-records';
import { keysOf } from '../support/denylist-keys';
import { eventually } from '../support/n8n-instance';
import { executeContext, executeNode } from '../support/node-context';
import { openEvent } from '../support/open-events';
import { newDatabase } from '../support/own-database';
import { describeOnPostgres, postgresUrl } from '../support/stores';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const PAGE = readFileSync(join(__dirname, '../../docs/backup.md'), 'utf8');

/** The commands of the page, by the comment that each begins with. */
const COMMANDS = new Map(
	[...PAGE.matchAll(/^```(\w*)\n([^]*?)^```/gm)].map(([, language, text]) => {
		const title = /^# (.+)\n/.exec(text)?.[1];
		if (language !== 'sh' || title === undefined) throw new Error(`Not a command: ${text}`);
		return [title, text];
	}),
);
const ran = new Set<string>();

let backups: string;
let offset = 0;
const realNow = Date.now.bind(Date);

beforeAll(() => {
	// Keys are remembered for seconds; a restart of n8n forgets them.
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + offset);
});
beforeEach(() => {
	backups = mkdtempSync(join(tmpdir(), 'open-tracking-backup-'));
});
afterEach(() => rmSync(backups, { recursive: true, force: true }));
afterAll(() => {
	jest.restoreAllMocks();
	// Where there is no PostgreSQL, test/support/stores.ts says so or fails.
	const here = [...COMMANDS.keys()].filter(
		(title) => describeOnPostgres !== describe.skip || !title.includes('PostgreSQL'),
	);
	expect([...ran].sort()).toEqual(here.sort());
});

/** Runs a command of the page as it stands there. */
function run(title: string, environment: Record<string, string> = {}): string {
	const command = COMMANDS.get(title);
	if (command === undefined) throw new Error(`docs/backup.md has no command "${title}"`);
	ran.add(title);
	return execFileSync('sh', ['-c', command], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
		env: {
			...process.env,
			PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
			BACKUP_FOLDER: backups,
			...environment,
		},
	});
}

interface Since {
	erased: string[];
	withdrew: string[];
}
const withdrawMethod = 'reply to an email';
const since = (): Since => JSON.parse(readFileSync(join(backups, 'since.json'), 'utf8')) as Since;

describe('docs/backup.md, with the embedded store', () => {
	let folder: UserFolder;
	beforeEach(() => {
		folder = newUserFolder();
		offset += 60_000;
	});
	afterEach(async () => await folder.remove());

	const operation = async (resource: string, name: string, parameters: object) => {
		const { output } = await executeNode(new OpenTracking(), [{ json: {} }], {
			parameters: { resource, operation: name, ...parameters },
		});
		return output[0][0].json;
	};
	const load = async (query: Record<string, string>) => {
		const node = new RespondAndLogOpen();
		const { context } = executeContext(node, [{ json: { query, headers: {} } }]);
		Object.assign(context, { getExecutionId: () => randomUUID() });
		await node.execute.call(context);
	};
	const opensOf = async (recipientId: string) =>
		(await (await folder.store()).listOpens({ limit: 10, recipientId })).opens.length;
	const environment = () => ({ N8N_USER_FOLDER: folder.path });

	/** The machine is gone; a new one has an empty n8n folder. */
	async function loseEverything() {
		await folder.remove();
		folder = newUserFolder();
		offset += 60_000;
	}

	async function fillAndBackUp(): Promise<{ token: string }> {
		const { output } = await executeNode(new TrackingPixel(), [{ json: {} }], {
			parameters: {
				operation: 'createLink',
				recipientId: 'ada',
				campaignId: 'spring',
				linkOptions: { baseUrl: 'https://n8n.example.com/webhook' },
			},
		});
		const { url } = output[0][0].json.tracking as { url: string };
		const token = new URL(url).searchParams.get('t')!;
		await load({ t: token });
		for (const id of ['early', 'late', 'leaver']) await load({ id });
		await operation('privacy', 'erasePerson', { personId: 'early' });
		// An open that the store has not got yet.
		const keyRing = async () =>
			(await signingOf(executeContext(new OpenTracking(), []).context)).keyRing;
		const openStore = async () => await Promise.reject(new Error('away'));
		const writer = { owner: 'w.n', store: 'embedded', openStore, keyRing, say: () => undefined };
		const waiting = openEvent({ recipientId: 'waits' });
		waitingFolders()
			.of(writer)
			.log()
			.append([JSON.stringify(waiting)]);

		run('Back up the embedded store', environment());
		expect(statSync(join(backups, 'signing-keys.json')).mode & 0o077).toBe(0);
		run('Check that the key file belongs to the store');
		return { token };
	}

	it('restores opens, links and erasures, and replays who was erased and withdrew since', async () => {
		const { token } = await fillAndBackUp();
		// What is kept of their objection is under a hash, and in no list of ids.
		await operation('consent', 'withdraw', { personId: 'late', withdrawMethod });
		await operation('privacy', 'erasePerson', { personId: 'late' });
		await operation('consent', 'withdraw', { personId: 'leaver', withdrawMethod });
		run('Save who was erased and who withdrew', environment());
		expect(since()).toEqual({
			erased: [expect.any(String), expect.any(String)],
			withdrew: ['leaver'],
		});

		await loseEverything();
		run('Restore the embedded store', environment());

		// As of the backup: opens are there, and who was erased before it stays erased.
		expect(await opensOf('ada')).toBe(1);
		await load({ id: 'early' });
		expect(await opensOf('early')).toBe(0);
		// Links of emails that are out still verify.
		await load({ t: token });
		expect(await opensOf('ada')).toBe(2);
		// What waited is written.
		await eventually(async () => (await opensOf('waits')) === 1);

		// Who was erased or withdrew since is back, until that is replayed.
		expect(await opensOf('late')).toBe(1);
		const { erased, withdrew } = since();
		expect(
			await operation('privacy', 'replayErasures', { denylistKeys: JSON.stringify(erased) }),
		).toEqual({ keysAdded: 1, peopleErased: 1, recordsErased: expect.any(Number) });
		for (const personId of withdrew)
			await operation('consent', 'withdraw', { personId, withdrawMethod });
		expect(await opensOf('late')).toBe(0);
		for (const id of ['late', 'leaver', 'early']) await load({ id });
		expect([await opensOf('late'), await opensOf('leaver'), await opensOf('early')]).toEqual([
			0, 1, 0,
		]);
		// Again changes nothing.
		expect(
			await operation('privacy', 'replayErasures', { denylistKeys: erased.join('\n') }),
		).toEqual({ keysAdded: 0, peopleErased: 0, recordsErased: 0 });
	}, 60_000);

	it('refuses a store that was restored without its key file, until that is in its place', async () => {
		await fillAndBackUp();
		await loseEverything();
		run('Restore the embedded store', environment());
		const keyFile = join(folder.path, '.n8n/email-open-tracking/signing-keys.json');
		const keys = JSON.parse(readFileSync(keyFile, 'utf8')) as { activeKey: string };
		rmSync(keyFile);

		const erase = async () => await operation('privacy', 'erasePerson', { personId: 'ada' });
		const [id] = keys.activeKey.split(':');
		await expect(erase()).rejects.toThrow(`used with the signing key ${id}`);
		await load({ id: 'early' });
		expect([await opensOf('ada'), await opensOf('early')]).toEqual([1, 0]);
		await expect(operation('privacy', 'replayErasures', {})).rejects.toThrow('signing key');

		// The check of the page says so beforehand: here with the file that was made instead.
		expect(existsSync(keyFile)).toBe(true);
		const right = readFileSync(join(backups, 'signing-keys.json'));
		execFileSync('cp', [keyFile, join(backups, 'signing-keys.json')]);
		expect(() => run('Check that the key file belongs to the store')).toThrow(
			`Missing keys: ${id}`,
		);

		execFileSync('sh', ['-c', `cat > '${keyFile}'`], { input: right });
		offset += 60_000;
		expect(await erase()).toMatchObject({ found: true });
	}, 60_000);

	it('puts back nothing for keys that are none', async () => {
		await expect(
			operation('privacy', 'replayErasures', { denylistKeys: 'ada, d_12' }),
		).rejects.toMatchObject({
			message: '2 of 2 are no denylist keys',
			description: expect.stringContaining('Nothing was erased'),
		});
	});
});

describeOnPostgres('docs/backup.md, with the store in PostgreSQL', () => {
	const subject = (recipientId: string) => ({
		recipientId,
		pseudonymsOf: () => [],
		denylistKeysOf: keysOf,
	});

	it('restores the schema, and replays who was erased since', async () => {
		const database = await newDatabase(postgresUrl);
		const TRACKING_DATABASE_URL = database.url.href;
		const open = async () =>
			await openPostgresStore({ connectionString: TRACKING_DATABASE_URL, tls: 'disable' });
		try {
			let store = await open();
			await store.recordOpens([
				openEvent({ recipientId: 'ada' }),
				openEvent({ recipientId: 'late' }),
			]);
			run('Back up the store in PostgreSQL', { TRACKING_DATABASE_URL });
			const withdrawn = { status: 'withdrawn' as const, noticeText: null, noticeHash: null };
			await store.recordConsent(
				['late', 'leaver'].map((recipientKey) => consentRecord({ recipientKey, ...withdrawn })),
				new Date(),
				keysOf,
			);
			await store.eraseSubject(subject('late'), new Date());
			run('Save the same from PostgreSQL', { TRACKING_DATABASE_URL });
			expect(since()).toEqual({ erased: [keysOf('late')[0]], withdrew: ['leaver'] });
			await store.close();

			run('Restore the store in PostgreSQL', { TRACKING_DATABASE_URL });
			store = await open();
			const readers = async () =>
				(await store.listOpens({ limit: 10 })).opens.map(({ recipientId }) => recipientId).sort();
			expect(await readers()).toEqual(['ada', 'late']);
			await store.deny(since().erased, new Date());
			const again = await store.findErased(keysOf);
			expect(again).toEqual(['late']);
			for (const id of again) await store.eraseSubject(subject(id), new Date());
			expect(await readers()).toEqual(['ada']);
			await store.close();
		} finally {
			await database.drop();
		}
	}, 60_000);
});
