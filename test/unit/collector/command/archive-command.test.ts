import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { readArchiveOptions } from '../../../../src/collector/command/archive-options';
import { loadOrCreateKeyFile } from '../../../../src/intake/key-file';
import { openEmbeddedStore } from '../../../../src/storage/embedded-store';
import { openPostgresStore } from '../../../../src/storage/postgres-store';
import type { TrackingStore } from '../../../../src/storage/port/tracking-store';
import type { OpenEvent } from '../../../../src/tracking/event/open-event';
import { generateKey, type KeyRing } from '../../../../src/tracking/links/key-ring';
import {
	denylistKeysIn,
	pseudonymOf,
	pseudonymsIn,
} from '../../../../src/tracking/people/subject-keys';
import {
	describeOnClickHouse,
	describeOnOldClickHouse,
	startClickHouse,
	startOldClickHouse,
	type ClickHouseServer,
} from '../../../support/click-house/servers';
import { CLI, runCli, type LogLine } from '../../../support/collector-process';
import { startCutOff } from '../../../support/cut-off';
import { eventually } from '../../../support/n8n-instance';
import { fullEvent, openEvent } from '../../../support/open-events';
import { newDatabase } from '../../../support/own-database';
import { itOnPostgres, postgresUrl } from '../../../support/stores';

const NOW = Date.now();
const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString();

let folder: string;
let store: TrackingStore;
let keyRing: KeyRing;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'archive-command-'));
	keyRing = await loadOrCreateKeyFile(folder);
	store = await openEmbeddedStore({ folder, queueMode: false });
});

afterEach(async () => {
	await store.close();
	rmSync(folder, { recursive: true });
});

const open = (changes: Partial<OpenEvent> = {}) =>
	openEvent({ eventId: randomUUID(), occurredAt: daysAgo(1), ...changes });
const subject = (recipientId: string) => ({
	recipientId,
	denylistKeysOf: denylistKeysIn(keyRing),
	pseudonymsOf: pseudonymsIn(keyRing),
});

describeOnClickHouse('archive, to a current ClickHouse', () => {
	let server: ClickHouseServer;
	let table: string;
	let args: string[];
	beforeAll(async () => (server = await startClickHouse()), 120_000);
	afterAll(async () => await server.stop());
	beforeEach(() => {
		table = `opens_${randomUUID().slice(0, 8)}`;
		args = ['archive', '--clickhouse-url-env', 'CLICKHOUSE_URL', '--table', table];
		args.push('--keep-days', '365', '--data', folder);
	});

	const once = async (more: string[] = [], env: NodeJS.ProcessEnv = {}) =>
		await runCli([...args, '--once', ...more], { CLICKHOUSE_URL: server.address, ...env });
	const archived = async (columns = 'event_id', final = 'FINAL') =>
		await server.all<Record<string, never>>(
			`SELECT ${columns} FROM ${server.database}.${table} ${final} ORDER BY occurred_at, event_id`,
		);
	/** Rows that are there, those that are replaced among them; `null` before the table is */
	const count = async () =>
		await server.all<{ n: number }>(`SELECT count() AS n FROM ${server.database}.${table}`).then(
			([{ n }]) => n,
			() => null,
		);
	const names = async () =>
		(await archived('DISTINCT recipient_id', '')).map((row) => row.recipient_id).sort();

	it('makes the table, and copies every field of every open once', async () => {
		const full = { ...fullEvent(), eventId: randomUUID(), occurredAt: daysAgo(3.5) };
		const click = open({
			event: 'click',
			link: { url: 'https://a.example', position: 2, label: null },
		});
		const nobody = open({ recipientId: null, pixelId: null, campaignId: null, firstOpen: false });
		await store.recordOpens([full, click, nobody]);
		const { code, output, errors } = await once();
		expect({ code, errors }).toEqual({ code: 0, errors: '' });
		expect(output.split('\n').map((line) => line && (JSON.parse(line) as LogLine).msg)).toEqual([
			'archiving',
			'copied',
			'removed',
			'done',
			'',
		]);
		const rows = await archived('* EXCEPT (stored_seq), toUnixTimestamp64Milli(occurred_at) AS ms');
		expect(rows).toHaveLength(3);
		const row = rows.find(({ event_id: id }) => id === full.eventId);
		expect(row).toEqual({
			event_id: full.eventId,
			event: 'open',
			occurred_at: full.occurredAt.replace('T', ' ').replace('Z', ''),
			ms: Date.parse(full.occurredAt),
			recipient_id: 'M-recipientId',
			recipient_reason: null,
			pixel_id: 'M-pixelId',
			campaign_id: 'M-campaignId',
			message_id: 'M-messageId',
			tracking_mode: 'full',
			purpose: full.purpose,
			actor: full.actor,
			actor_reason: 'M-actorReason',
			rules_version: 'M-rulesVersion',
			client_family: 'M-client.family',
			client_os: 'M-client.os',
			client_device: 'M-client.device',
			features: ['M-features'],
			consent_status: full.consent.status,
			consent_record_id: 'M-consent.recordId',
			consent_policy: 'M-consent.policy',
			link_url: 'https://shop.example/M-link.url',
			link_position: 1500,
			link_label: 'M-link.label',
			first_open: expect.any(Boolean),
			quiet_days: null,
			image_held_ms: 1500,
			image_held_measurable: true,
		});
		// Nothing of the request, whatever the mode kept.
		expect(JSON.stringify(rows)).not.toContain('M-request');

		await once();
		expect(await count()).toBe(3);
	});

	it('replaces what changed, and goes on where it stood', async () => {
		const [first, second] = [open({ occurredAt: daysAgo(2) }), open()];
		await store.recordOpens([first]);
		await once();
		await store.relabelOpens([
			{ eventId: first.eventId, actor: 'scanner', actorReason: 'burst', rulesVersion: '9' },
		]);
		await store.recordOpens([second]);
		const { output } = await once();
		expect(output).toContain('"opens":2');
		expect(await archived('event_id, actor, counted')).toEqual([
			{ event_id: first.eventId, actor: 'scanner', counted: false },
			{ event_id: second.eventId, actor: 'human', counted: true },
		]);
	});

	it('lets nothing outlive its days, and takes new days over', async () => {
		const [old, young] = [open({ occurredAt: daysAgo(40) }), open({ occurredAt: daysAgo(20) })];
		await store.recordOpens([old, young]);
		await once();
		expect(await archived()).toHaveLength(2);
		await once(['--keep-days', '30']);
		const [{ create_table_query: sql }] = await server.all<{ create_table_query: string }>(
			`SELECT create_table_query FROM system.tables WHERE name = '${table}'`,
		);
		expect(sql).toContain('TTL toDateTime(occurred_at) + toIntervalDay(30)');
		// ClickHouse does it by itself, in its own time.
		await server.open().run(`OPTIMIZE TABLE ${server.database}.${table} FINAL`);
		expect(await archived()).toEqual([{ event_id: young.eventId }]);
		// What is over already is not sent.
		await store.recordOpens([open({ occurredAt: daysAgo(31) })]);
		expect((await once(['--keep-days', '30'])).output).not.toContain('copied');
		expect(await count()).toBe(1);
	});

	it('adds the columns that a table of an earlier version lacks', async () => {
		await store.recordOpens([open()]);
		await once();
		const name = `${server.database}.${table}`;
		await server.open().run(`ALTER TABLE ${name} DROP COLUMN link_label, DROP COLUMN counted`);
		const click = open({
			event: 'click',
			link: { url: null, position: 1, label: 'offer' },
			occurredAt: daysAgo(0.5),
		});
		await store.recordOpens([click]);
		await once();
		expect(await archived('link_label, counted')).toEqual([
			{ link_label: null, counted: true },
			{ link_label: 'offer', counted: true },
		]);
	});

	it('removes who was erased, under id, address, pseudonym and whatever the store still has', async () => {
		const pixelId = 'p';
		await store.createPixel({ id: pixelId, name: 'Mailing', campaignId: 'spring' });
		const keysOf = denylistKeysIn(keyRing);
		const people = ['ada', 'bob'].map((id) => ({ recipientId: id, email: `${id}@example.com` }));
		await store.addRecipients(pixelId, people, keysOf);
		const pseudonym = (id: string) => pseudonymOf(id, 'spring', keyRing);
		await store.recordOpens(
			['ada', 'bob'].flatMap((id) => [
				open({ recipientId: id, pixelId, occurredAt: daysAgo(200) }),
				open({ recipientId: id, pixelId }),
				open({ recipientId: `${id}@example.com`, pixelId: null }),
				open({ recipientId: pseudonym(id), pixelId: null, trackingMode: 'pseudonymous' }),
			]),
		);
		await once();
		expect(await names()).toHaveLength(6);
		// The archive keeps opens longer than the store.
		const before = new Date(NOW - 100 * 86_400_000);
		await store.applyRetention(
			[
				{
					dataClass: 'open',
					action: 'delete',
					deleteBefore: before,
					countsFrom: '',
					period: '',
					because: '',
				},
			],
			{ dryRun: false },
		);
		await store.eraseSubject(subject('ada'), new Date());
		const { code, output } = await once();
		expect(code).toBe(0);
		expect(output).toContain('"pixels":0,"people":2,"pseudonyms":1');
		// All rows, also those that are replaced.
		expect(await names()).toEqual(['bob', 'bob@example.com', pseudonym('bob')].sort());
		expect(output).not.toMatch(/ada|example\.com/);
	});

	it('finds who was erased under a new signing key', async () => {
		await store.recordOpens([open({ recipientId: 'ada' }), open({ recipientId: 'bob' })]);
		await once();
		const rotated = mkdtempSync(join(tmpdir(), 'archive-keys-'));
		const { activeKey } = JSON.parse(readFileSync(join(folder, 'signing-keys.json'), 'utf8'));
		const previous = JSON.stringify({
			activeKey: generateKey(randomBytes),
			previousKeys: [activeKey],
		});
		writeFileSync(join(rotated, 'signing-keys.json'), previous, { mode: 0o600 });
		keyRing = await loadOrCreateKeyFile(rotated);
		await store.eraseSubject(subject('ada'), new Date());
		expect((await once(['--keys', rotated])).code).toBe(0);
		expect(await names()).toEqual(['bob']);
		// Without the new key nobody could tell; it does not go on then.
		const { code, errors } = await once();
		expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/signing key/) });
		rmSync(rotated, { recursive: true });
	});

	it('removes deleted pixels, and the name of a deleted recipient from all rows', async () => {
		for (const id of ['gone', 'there']) await store.createPixel({ id, name: id });
		const keysOf = denylistKeysIn(keyRing);
		const added = await store.addRecipients('there', [{ recipientId: 'ada' }], keysOf);
		await store.recordOpens([
			open({ pixelId: 'gone' }),
			open({ pixelId: 'there', recipientId: 'ada', messageId: 'm' }),
			open({ pixelId: 'there', recipientId: 'ada', messageId: 'n' }),
			open({ pixelId: 'there', recipientId: 'bob' }),
		]);
		await once();
		await store.deletePixel('gone');
		await store.deleteRecipient(added.recipients[0]!.id, keysOf);
		await once();
		const rows = await archived('pixel_id, recipient_id, message_id', '');
		expect(rows.map((row) => row.pixel_id)).toEqual(['there', 'there', 'there']);
		const nobodys = rows.filter(({ recipient_id: id }) => id !== 'bob');
		expect(nobodys).toEqual(
			[1, 2].map(() => ({
				pixel_id: 'there',
				recipient_id: expect.stringMatching(/^deleted-/),
				message_id: null,
			})),
		);
	});

	it('is named as a destination, without its password', async () => {
		await once(['--country', 'Germany']);
		await once(['--country', 'France']);
		const parts = await store.listParts();
		expect(parts).toEqual([
			expect.objectContaining({
				kind: 'sink',
				name: 'Archive',
				settings: {
					destination: `ClickHouse (127.0.0.1:${server.port}), table ${server.database}.${table}: kept for 365 days, erased people removed within an hour`,
					country: 'France',
					fields: expect.arrayContaining(['recipientId', 'link.url']),
				},
			}),
		]);
		expect(JSON.stringify(parts)).not.toContain('request.');
	});

	it('goes on by itself, waits while ClickHouse is away, and stops on SIGTERM', async () => {
		const way = await startCutOff('127.0.0.1', server.port);
		const address = Object.assign(new URL(server.address), { port: String(way.port) }).href;
		const { child, lines, exited } = start(args, { CLICKHOUSE_URL: address });
		await eventually(() => lines.some(({ msg }) => msg === 'removed'));
		await way.close();
		const late = open({ recipientId: 'ada@example.com' });
		await store.recordOpens([late]);
		await eventually(() => lines.some(({ level }) => level === 40), 30_000);
		await way.open();
		await eventually(async () => (await archived()).length === 1, 30_000);
		await eventually(() => lines.some(({ msg }) => msg === 'going on'));
		child.kill('SIGTERM');
		expect(await exited).toBe(0);
		expect(lines.map(({ msg }) => msg)).toEqual([
			'archiving',
			'removed',
			expect.stringMatching(/^ClickHouse cannot be reached \(\w+\)$/),
			'copied',
			'going on',
			'stopping',
			'stopped',
		]);
		expect(JSON.stringify(lines)).not.toMatch(/example\.com|archive:/);
		await way.close();
	}, 120_000);

	it('has every open once after it was killed again and again', async () => {
		const all = 25_000;
		for (let made = 0; made < all; made += 5000) {
			await store.recordOpens(Array.from({ length: 5000 }, () => open({ pixelId: 'p' })));
		}
		// Of its inserts the first one is done, then one more.
		for (const least of [1, 10_001]) {
			const { child, exited } = start(args, { CLICKHOUSE_URL: server.address });
			await eventually(async () => ((await count()) ?? 0) >= least, 60_000);
			child.kill('SIGKILL');
			await exited;
		}
		expect((await once()).code).toBe(0);
		const [{ n, ids }] = await server.all<{ n: number; ids: number }>(
			`SELECT count() AS n, uniqExact(event_id) AS ids FROM ${server.database}.${table} FINAL`,
		);
		expect({ n, ids }).toEqual({ n: all, ids: all });
	}, 180_000);

	itOnPostgres(
		'copies from PostgreSQL, and waits while that is away',
		async () => {
			const database = await newDatabase(postgresUrl);
			const way = await startCutOff(database.url.hostname, Number(database.url.port || 5432));
			const connectionString = Object.assign(new URL(database.url), {
				port: String(way.port),
			}).href;
			const shared = await openPostgresStore({
				connectionString: database.url.href,
				tls: 'disable',
			});
			await shared.recordOpens([open()]);
			const from = args.slice(0, args.indexOf('--data'));
			from.push(
				'--keys',
				folder,
				'--postgres-url-env',
				'DATABASE_URL',
				'--postgres-tls',
				'disable',
			);
			const env = { CLICKHOUSE_URL: server.address, DATABASE_URL: connectionString };
			const { child, lines, exited } = start(from, env);
			await eventually(() => lines.some(({ msg }) => msg === 'removed'));
			await way.close();
			await shared.recordOpens([open()]);
			await eventually(() => lines.some(({ level }) => level === 40), 30_000);
			await way.open();
			await eventually(async () => (await archived()).length === 2, 60_000);
			child.kill('SIGTERM');
			expect(await exited).toBe(0);
			await shared.close();
			await way.close();
			await database.drop();
		},
		120_000,
	);

	it('ends with what the operator has to change', async () => {
		const wrong = Object.assign(new URL(server.address), { password: 'hidden-word' }).href;
		const refused = await once([], { CLICKHOUSE_URL: wrong });
		expect(refused).toMatchObject({ code: 1, output: '' });
		expect(refused.errors).toMatch(/AUTHENTICATION_FAILED\)\. Check user and password/);
		expect(refused.errors).not.toContain('hidden-word');
		await server.open().run(`CREATE TABLE ${server.database}.${table} (a String) ENGINE = Memory`);
		expect(await once()).toMatchObject({
			code: 1,
			errors: `The table ${table} in ClickHouse is not of the engine ReplacingMergeTree. Name another --table, or drop this one.\n`,
		});
		const away = await once([], { CLICKHOUSE_URL: 'http://127.0.0.1:38' });
		expect(away).toMatchObject({
			code: 1,
			errors: 'ClickHouse cannot be reached (ECONNREFUSED)\n',
		});
	}, 60_000);
});

describeOnOldClickHouse('archive, to ClickHouse 18.16', () => {
	it('says that the server is too old, and makes nothing', async () => {
		const server = await startOldClickHouse();
		const args = ['--clickhouse-url-env', 'CLICKHOUSE_URL', '--keep-days', '30', '--data', folder];
		const { code, errors } = await runCli(['archive', ...args], { CLICKHOUSE_URL: server.address });
		const tables = await server.all(
			`SELECT name FROM system.tables WHERE database = '${server.database}'`,
		);
		await server.stop();
		expect({ code, errors, tables }).toEqual({
			code: 1,
			errors: expect.stringMatching(
				/^This server is ClickHouse 18\.16\.1\. The archive needs 22\.8/,
			),
			tables: [],
		});
	}, 120_000);
});

describe('archive', () => {
	const environment = { CLICKHOUSE_URL: 'https://me:hidden-word@ch.example.com/db', EMPTY: '' };
	const url = ['--clickhouse-url-env', 'CLICKHOUSE_URL'];
	const read =
		(...args: string[]) =>
		() =>
			readArchiveOptions(args, environment);

	it('says which argument is wrong', () => {
		const whole = [...url, '--keep-days', '9', '--data', folder];
		expect(read()).toThrow(/^--clickhouse-url-env is missing/);
		expect(read('--clickhouse-url-env', 'EMPTY')).toThrow(/EMPTY of --clickhouse-url-env is empty/);
		expect(read(...url)).toThrow(/^--keep-days must be a whole number/);
		for (const days of ['', '0', '1.5', 'forever', '99999']) {
			expect(read(...url, '--keep-days', days)).toThrow(/^--keep-days/);
		}
		expect(read(...url, '--keep-days', '9')).toThrow(/^--data is missing/);
		expect(read(...url, '--keep-days', '9', '--keys', folder)).toThrow(/^--data is missing/);
		expect(read(...whole, '--table', 'a; DROP')).toThrow(/^--table must be a name/);
		expect(read(...whole, '--postgres-url-env', 'NONE')).toThrow(/NONE of --postgres-url-env/);
		expect(read(...whole, '--keys', tmpdir())).toThrow(/^There is no signing-keys\.json in/);
		expect(read(...whole)()).toMatchObject({ settings: { once: false } });
	});

	it('ends with code 2 on wrong arguments', async () => {
		for (const [wrong, message] of [
			['--keep-days', /^--keep-days must be/],
			['--forever', /--forever.*See archive --help/],
		] as const) {
			const { code, output, errors } = await runCli(['archive', ...url, wrong, '0'], environment);
			expect({ code, output }).toEqual({ code: 2, output: '' });
			expect(errors).toMatch(message);
		}
	});
});

interface Running {
	child: ChildProcess;
	lines: LogLine[];
	exited: Promise<number | string>;
}

function start(args: string[], env: NodeJS.ProcessEnv): Running {
	const child = spawn(process.execPath, [CLI, ...args], {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const lines: LogLine[] = [];
	createInterface({ input: child.stdout }).on('line', (line) =>
		lines.push(JSON.parse(line) as LogLine),
	);
	const exited = new Promise<number | string>((resolve) =>
		child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
	);
	return { child, lines, exited };
}
