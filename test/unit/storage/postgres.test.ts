import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { sql } from 'kysely';
import { Client } from 'pg';

import { CounterBook } from '../../../src/storage/counters/counter-book';
import { openPostgresDatabase } from '../../../src/storage/database/postgres/postgres-database';
import {
	clockAheadOfPostgres,
	openPostgresStore,
	testPostgresConnection,
} from '../../../src/storage/postgres-store';
import { startStore } from '../../../src/storage/start-store';
import { createStore } from '../../../src/storage/store';
import { newDatabase, type OwnDatabase } from '../../support/own-database';
import { sampleOpen, START } from '../../support/sample-opens';
import { describeOnPostgres, newPostgresPlace, postgresUrl } from '../../support/stores';

const PASSWORD = 'planted-password';

/** Everything an error could give away: message, stack and own fields. */
async function failureOf(action: Promise<unknown>): Promise<{ code: unknown; text: string }> {
	const error = await action.then(
		() => Promise.reject(new Error('It did not fail.')),
		(reason: unknown) => reason as Error & { code: unknown },
	);
	const own = Object.fromEntries(
		Object.getOwnPropertyNames(error).map((name) => [name, Reflect.get(error, name)]),
	);
	return { code: error.code, text: JSON.stringify(own) };
}

describe('connecting to PostgreSQL', () => {
	test.each([
		`not a url ${PASSWORD}`,
		`mysql://user:${PASSWORD}@localhost/db`,
		`postgres://user:${PASSWORD}@host:notaport/db`,
		`postgres://user:${PASSWORD}%@127.0.0.1:1/db`,
	])('a bad connection string is refused without being shown (%#)', async (connectionString) => {
		const { code, text } = await failureOf(
			testPostgresConnection({ connectionString, tls: 'disable' }),
		);
		expect(code).toBe('unavailable');
		expect(text).not.toContain(PASSWORD);
	});

	test('a server that is not there is named as that', async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		await new Promise((resolve) => server.close(resolve));
		const connectionString = `postgres://user:${PASSWORD}@127.0.0.1:${port}/db`;
		const { code, text } = await failureOf(openPostgresStore({ connectionString, tls: 'disable' }));
		expect(code).toBe('unavailable');
		expect(text).toContain('ECONNREFUSED');
		expect(text).not.toContain(PASSWORD);
	});

	test('TLS follows the setting, whatever the connection string says', async () => {
		const greetings: string[] = [];
		// Answers an SSL request with "no", as a server without TLS does.
		const server = createServer((socket) => {
			socket.once('data', (data) => {
				greetings.push(data.readInt32BE(4) === 80877103 ? 'tls' : 'plain');
				socket.end('N');
			});
			socket.on('error', () => {});
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		const at = `postgres://user:${PASSWORD}@127.0.0.1:${port}/db`;
		for (const [tls, parameters] of [
			['require', '?sslmode=disable'],
			['verify-full', '?ssl=false'],
			['disable', '?sslmode=require'],
		] as const) {
			const connectionString = at + parameters;
			const { code } = await failureOf(testPostgresConnection({ connectionString, tls }));
			expect(code).toBe('unavailable');
		}
		expect(greetings).toEqual(['tls', 'tls', 'plain']);
		await new Promise((resolve) => server.close(resolve));
	});
});

describeOnPostgres('the clock of PostgreSQL', () => {
	test('is compared with that of this machine', async () => {
		const options = { connectionString: postgresUrl, tls: 'disable' } as const;
		// The server of the tests is on this machine.
		expect(Math.abs(await clockAheadOfPostgres(options))).toBeLessThan(1000);
		const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 600_000);
		const ahead = await clockAheadOfPostgres(options).finally(() => now.mockRestore());
		expect(Math.round(ahead / 10_000)).toBe(60);
	});
});

describeOnPostgres('a user of PostgreSQL who lacks a right', () => {
	const user = `limited_${randomUUID().slice(0, 8)}`;
	let database: OwnDatabase;
	let admin: Client;
	const options = () => {
		const url = new URL(database.url);
		url.username = user;
		url.password = PASSWORD;
		return { connectionString: url.href, tls: 'disable' as const };
	};
	beforeAll(async () => {
		database = await newDatabase(postgresUrl);
		admin = new Client({ connectionString: database.url.href });
		await admin.connect();
		await admin.query(`create role ${user} login password '${PASSWORD}'`);
	});
	afterAll(async () => {
		await admin.end();
		await database.drop();
		const server = new Client({ connectionString: postgresUrl });
		await server.connect();
		await server.query(`drop role ${user}`).finally(async () => await server.end());
	});

	test('is told which statement makes the schema, and the store opens after it', async () => {
		for (const open of [testPostgresConnection, openPostgresStore]) {
			const { code, text } = await failureOf(open(options()));
			expect(code).toBe('unavailable');
			expect(text).not.toContain(PASSWORD);
			const [statement] = /CREATE SCHEMA [^;]+;/.exec(JSON.parse(text).message) ?? [];
			expect(statement).toBe(`CREATE SCHEMA "email_open_tracking" AUTHORIZATION "${user}";`);
		}
		await admin.query(`create schema email_open_tracking authorization "${user}"`);
		expect(await testPostgresConnection(options())).toEqual({
			schema: 'email_open_tracking',
			exists: true,
		});
		await (await openPostgresStore(options())).close();
	});

	test('is told whose the schema is, and which statement lets the user in', async () => {
		await admin.query('create schema belonging_to_others');
		const other = { ...options(), schema: 'belonging_to_others' };
		const { code, text } = await failureOf(openPostgresStore(other));
		expect(code).toBe('unavailable');
		const { message } = JSON.parse(text) as { message: string };
		expect(message).toMatch(/^The schema belonging_to_others in the database \w+ belongs to \w+,/);
		await admin.query(/GRANT [^;]+;/.exec(message)![0]);
		await (await openPostgresStore(other)).close();
	});
});

describeOnPostgres('a PostgreSQL that is there', () => {
	const connectionString = postgresUrl;

	test('passes the credential test, which changes nothing', async () => {
		const schema = 'test_untouched';
		await testPostgresConnection({ connectionString, tls: 'disable', schema });
		const database = await openPostgresDatabase({ connectionString, tls: 'disable', schema });
		const schemas = await database.read((db) => db.introspection.getSchemas());
		expect(schemas.map(({ name }) => name)).not.toContain(schema);
		await database.close();
	});

	test('says when the database does not exist or the server lacks TLS', async () => {
		const url = new URL(connectionString);
		url.pathname = '/planted_missing_database';
		const missing = { connectionString: url.href, tls: 'disable' as const };
		const { text } = await failureOf(testPostgresConnection(missing));
		expect(text).toContain('3D000');
		expect(text).not.toContain('planted_missing_database');
	});

	test('a connection that breaks inside a transaction fails that one, and nothing else', async () => {
		const options = { connectionString, tls: 'disable', schema: 'test_untouched' } as const;
		const database = await openPostgresDatabase(options);
		const other = await openPostgresDatabase(options);
		const { code } = await failureOf(
			database.write(async (trx) => {
				const own = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
				const { pid } = own.rows[0];
				await other.read((db) => sql`select pg_terminate_backend(${pid})`.execute(db));
				const left = () =>
					other.read((db) => sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(db));
				while ((await left()).rows.length > 0);
				await sql`select 1`.execute(trx);
			}),
		);
		expect(code).toBe('unavailable');
		const after = await database.write((trx) => sql`select 1 as one`.execute(trx));
		expect(after.rows).toEqual([{ one: 1 }]);
		await database.close();
		await other.close();
	});

	test('processes record opens of one pixel beside each other, but those of one recipient in turn', async () => {
		const place = await newPostgresPlace();
		const store = await place.openStore();
		const openOf = (recipientId: string) =>
			sampleOpen({ pixelId: 'p', campaignId: 'spring', recipientId });
		await store.recordOpens(['ada', 'bob'].map(openOf));
		// What a process holds that is about to count an open of Ada.
		const database = await place.openDatabase();
		let letGo = () => {};
		const told = new Promise<void>((resolve) => (letGo = resolve));
		let held: Promise<void> = Promise.resolve();
		await new Promise<void>((resolve) => {
			held = database.write(
				async (db) => {
					await CounterBook.load(db, [{ pixelId: 'p', campaignId: 'spring', recipientId: 'ada' }]);
					resolve();
					await told;
				},
				{ beside: true },
			);
		});
		const recording = store.recordOpens([openOf('ada'), openOf('cid')]);
		let isDone = false;
		void recording.then(() => (isDone = true));
		// Meanwhile another one records opens of the same pixel, by somebody known and somebody new.
		const impatient = createStore(await place.openDatabase({ lockLimitMs: 500 }));
		expect(await impatient.recordOpens(['bob', 'eve'].map(openOf))).toMatchObject({ recorded: 2 });
		// The same recipient waits, and so does what may touch anything.
		const busy = { code: 'busy' };
		await expect(impatient.recordOpens([openOf('ada')])).rejects.toMatchObject(busy);
		await expect(impatient.createPixel({ name: 'C' })).rejects.toMatchObject(busy);
		expect(isDone).toBe(false);
		letGo();
		await held;
		expect(await recording).toMatchObject({ recorded: 2 });
		// The first one had read the pixel before the other one changed it.
		expect(await store.getCampaign('spring')).toMatchObject({ opens: 6, uniqueOpens: 4 });
		expect(await store.getStatus({ pixelId: 'p' })).toMatchObject({ opens: 6 });
		await place.dispose();
	});

	test.each([
		['of one recipient that is new', { pixelId: 'p', recipientId: 'ada' }, 1],
		['of one pixel that is new, in two campaigns', { pixelId: 'p' }, 1],
		['of nobody, in mode Aggregate', { pixelId: 'p', trackingMode: 'aggregate' as const }, 0],
	])('two processes count together the first opens %s', async (_name, open, uniqueOpens) => {
		const place = await newPostgresPlace();
		const stores = [await place.openStore(), await place.openStore()];
		for (let turn = 0; turn < 10; turn += 1) {
			const pixelId = `${open.pixelId}-${turn}`;
			await Promise.all(
				stores.map(async (store, which) => {
					const event = sampleOpen({ ...open, pixelId, campaignId: `c-${which}` });
					expect(await store.recordOpens([event])).toMatchObject({ recorded: 1 });
				}),
			);
			expect(await stores[0].getStatus({ pixelId })).toMatchObject({ opens: 2 });
		}
		const { totals } = await stores[0].getDashboard();
		expect(totals).toMatchObject({ opens: 20, uniqueOpens: 10 * uniqueOpens });
		const campaigns = await Promise.all([0, 1].map((which) => stores[0].getCampaign(`c-${which}`)));
		for (const name of ['opens', 'uniqueOpens'] as const) {
			const [first, second] = campaigns.map((campaign) => campaign?.[name] ?? 0);
			expect(first + second).toBe(totals[name]);
		}
		await place.dispose();
	});

	test('an event that two processes record under two pixels at once is counted once', async () => {
		const place = await newPostgresPlace();
		const stores = [await place.openStore(), await place.openStore()];
		for (let turn = 0; turn < 20; turn += 1) {
			const event = sampleOpen({ pixelId: 'a' });
			const results = await Promise.all([
				stores[0]?.recordOpens([event]),
				stores[1]?.recordOpens([{ ...event, pixelId: 'b' }]),
			]);
			expect(results.map((result) => result?.recorded).sort()).toEqual([0, 1]);
		}
		expect((await stores[0]?.getDashboard())?.totals.opens).toBe(20);
		await place.dispose();
	});

	test('processes count together where the server isolates transactions more strictly', async () => {
		const schema = `test_${randomUUID().replaceAll('-', '')}`;
		const strict = new URL(connectionString);
		strict.searchParams.set('options', '-c default_transaction_isolation=serializable');
		const options = { connectionString: strict.href, tls: 'disable', schema } as const;
		const databases = [await openPostgresDatabase(options), await openPostgresDatabase(options)];
		const stores = await Promise.all(databases.map(async (database) => await startStore(database)));
		const turns = Array.from({ length: 40 }, (_, turn) => turn);
		await Promise.all(
			turns.map(async (turn) => {
				const pixelId = `p-${turn % 3}`;
				await stores[turn % 2]?.recordOpens([sampleOpen({ pixelId, campaignId: 'spring' })]);
			}),
		);
		expect((await stores[0]?.getDashboard())?.totals.opens).toBe(40);
		expect((await stores[0]?.getCampaign('spring'))?.opens).toBe(40);
		await databases[0]?.read((db) => sql`drop schema ${sql.ref(schema)} cascade`.execute(db));
		for (const database of databases) await database.close();
	});

	test('writes no index for a repeated load, on whatever day', async () => {
		const place = await newPostgresPlace();
		const database = await place.openDatabase();
		const store = await startStore(database);
		const actors = ['human', 'scanner', 'prefetch', 'bot', 'human', 'unknown'] as const;
		for (const [turn, actor] of actors.entries()) {
			await store.recordOpens([
				sampleOpen({ pixelId: 'p', recipientId: 'ada', actor, at: START + turn * 86_400_000 }),
			]);
		}
		const counted = async () => {
			const { rows } = await database.read((db) =>
				sql<{ updates: number; hot: number }>`select n_tup_upd as updates, n_tup_hot_upd as hot
					from pg_stat_user_tables where schemaname = ${database.schema}
					and relname = 'recipient_tallies'`.execute(db),
			);
			return rows[0];
		};
		// The server's own statistics come a moment later.
		let { updates, hot } = await counted();
		while (updates < actors.length - 1) ({ updates, hot } = await counted());
		expect(hot).toBe(updates);
		await place.dispose();
	});

	test('errors of statements show no value', async () => {
		const database = await openPostgresDatabase({ connectionString, tls: 'disable' });
		const { code, text } = await failureOf(
			database.read((db) =>
				db
					.withTables<{ pg_class: { relname: number } }>()
					.withoutPlugins()
					.selectFrom('pg_class')
					.select('relname')
					.where((is) => is(is.cast<number>(is.val('planted-value'), 'integer'), '=', 1))
					.execute(),
			),
		);
		expect(text).toContain('22P02');
		// What waits must not be tried with such a value for ever.
		expect(code).toBe('invalid');
		expect(text).not.toContain('planted-value');
		await database.close();
	});
});
