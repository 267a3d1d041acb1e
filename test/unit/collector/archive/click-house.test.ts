import {
	ClickHouseError,
	identifier,
	literal,
	openClickHouse,
	readClickHouseAddress,
	type ClickHouse,
} from '../../../../src/collector/archive/click-house';
import {
	describeOnClickHouse,
	describeOnOldClickHouse,
	startClickHouse,
	startOldClickHouse,
	type ClickHouseServer,
} from '../../../support/click-house/servers';
import { startSelfSignedStandIn, startStandIn } from '../../../support/http-stand-in';

const never = new AbortController().signal;

async function failureOf(work: Promise<unknown>): Promise<ClickHouseError> {
	const error = await work.then(
		() => null,
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(ClickHouseError);
	return error as ClickHouseError;
}

async function firstOf(rows: AsyncIterable<unknown>): Promise<unknown> {
	for await (const row of rows) return row;
	return undefined;
}

/** What the current engine and the old server have in common. */
function speaks(start: () => Promise<ClickHouseServer>): void {
	let server: ClickHouseServer;
	let clickHouse: ClickHouse;
	beforeAll(async () => {
		server = await start();
		clickHouse = server.open();
	}, 120_000);
	afterAll(async () => await server.stop());

	it('signs in, and inserts and reads rows as they are', async () => {
		const table = `${identifier(server.database)}.${identifier('a `strange\\ name')}`;
		await clickHouse.run(
			`CREATE TABLE ${table} (id String, tags Array(String), n Nullable(UInt32)) ENGINE = Memory`,
		);
		const rows = [
			{ id: `it's "1"\\\n\t\u0000\u2028 ä 🙂`, tags: ["a'b", ''], n: 7 },
			{ id: '', tags: [], n: null },
		];
		await clickHouse.insert(table, rows);
		expect(await server.all(`SELECT * FROM ${table} ORDER BY id DESC`)).toEqual(rows);
		const found = await server.all(`SELECT n FROM ${table} WHERE id = ${literal(rows[0].id)}`);
		expect(found).toEqual([{ n: 7 }]);
	});

	it('reads more rows than fit into one piece of an answer', async () => {
		let sum = 0;
		for await (const { n } of clickHouse.rows<{ n: number }>(
			'SELECT toUInt32(number) AS n FROM system.numbers LIMIT 200000',
		)) {
			sum += n;
		}
		expect(sum).toBe((200_000 * 199_999) / 2);
	});

	it('says what is wrong with sign-in and database, without the password', async () => {
		const settings = readClickHouseAddress(server.address);
		const wrong = openClickHouse({ ...settings, password: 'secret-and-wrong' }, never);
		const refused = await failureOf(wrong.run('SELECT 1'));
		expect(refused.isForOperator).toBe(true);
		expect(refused.message).toMatch(
			/^ClickHouse answered with error (193|516 \(AUTHENTICATION_FAILED\))\. Check .*password in the address\.$/,
		);
		const elsewhere = openClickHouse({ ...settings, database: 'nowhere' }, never);
		const unknown = await failureOf(elsewhere.run('SELECT 1'));
		expect(unknown.isForOperator).toBe(true);
		expect(unknown.message).toMatch(/error 81.*There is no such database/);
	});

	it('inserts all rows or none, and repeats nothing of a row that is refused', async () => {
		await clickHouse.run(
			`CREATE TABLE ${server.database}.strict (id String, n UInt32) ENGINE = Memory`,
		);
		const rows = [
			{ id: 'good', n: 1 },
			{ id: 'ada@example.com', n: 'no number' },
		];
		const { message, isForOperator } = await failureOf(
			clickHouse.insert(`${server.database}.strict`, rows),
		);
		expect(message).toMatch(/^ClickHouse answered with error \d+( \([A-Z_]+\))?$/);
		expect(isForOperator).toBe(false);
		expect(await server.all(`SELECT * FROM ${server.database}.strict`)).toEqual([]);
	});

	it('takes an error in the middle of an answer for one', async () => {
		const query = 'SELECT throwIf(number = 300000) AS n FROM system.numbers LIMIT 400000';
		const read = (async () => {
			for await (const row of clickHouse.rows(query, { max_block_size: '1000' })) void row;
		})();
		expect((await failureOf(read)).message).toMatch(
			/ClickHouse (answered with error 395|cannot be reached)/,
		);
	});
}

describeOnClickHouse('the client, with a current ClickHouse', () => speaks(startClickHouse));
describeOnOldClickHouse('the client, with ClickHouse 18.16', () => speaks(startOldClickHouse));

describe('the client', () => {
	const at = (address: string) => openClickHouse(readClickHouseAddress(address), never);

	it('says that nobody answers', async () => {
		const { message, isForOperator } = await failureOf(at('http://127.0.0.1:38').run('SELECT 1'));
		expect({ message, isForOperator }).toEqual({
			message: 'ClickHouse cannot be reached (ECONNREFUSED)',
			isForOperator: false,
		});
	});

	it('does not go on with a certificate that nobody trusts', async () => {
		let asked = 0;
		const { url, stop } = await startSelfSignedStandIn(() => {
			asked += 1;
			return { status: 200, body: '{"n":1}\n' };
		});
		const { message } = await failureOf(at(url).run('SELECT 1'));
		expect({ message, asked }).toEqual({
			message: 'ClickHouse cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)',
			asked: 0,
		});
		await stop();
	});

	it('relies on no connection that was kept, which the server may be about to end', async () => {
		const kept: Array<string | undefined> = [];
		const { url, stop } = await startStandIn(({ headers }) => {
			kept.push(headers.connection);
			return { status: 200, body: '' };
		});
		for (let n = 0; n < 2; n += 1) await at(url).run('SELECT 1');
		expect(kept).toEqual(['close', 'close']);
		await stop();
	});

	it('follows nobody elsewhere with its password', async () => {
		const asked: string[] = [];
		const { url, stop } = await startStandIn(({ path }) => {
			asked.push(path);
			return { status: 307, headers: { location: '/elsewhere' } };
		});
		await failureOf(at(url).run('SELECT 1'));
		expect(asked).toEqual(['/']);
		await stop();
	});

	it('takes an answer of something else for none', async () => {
		const answers = [
			{ status: 502, body: '<h1>Bad Gateway</h1>' },
			{ status: 200, body: '<h1>Welcome</h1>' },
		];
		const { url, stop } = await startStandIn(() => answers.shift()!);
		expect((await failureOf(at(url).run('SELECT 1'))).message).toMatch(/HTTP 502/);
		expect((await failureOf(firstOf(at(url).rows('SELECT 1')))).message).toMatch(/not ClickHouse/);
		await stop();
	});

	it('says which rights are missing, in words of its own', async () => {
		const body =
			"Code: 497. DB::Exception: archive: Not enough privileges. To execute this query, it's necessary to have the grant INSERT(recipient_id) ON db.email_opens. (ACCESS_DENIED) (version 26.7.2.1)";
		const { url, stop } = await startStandIn(() => ({ status: 403, body }));
		const { message, isForOperator } = await failureOf(at(url).run('SELECT 1'));
		expect({ message, isForOperator }).toEqual({
			message:
				'ClickHouse answered with error 497 (ACCESS_DENIED). The user needs the rights to read and insert into the table, and to create and alter it.',
			isForOperator: true,
		});
		await stop();
	});

	it.each([
		['', /cannot be read/],
		['clickhouse.example.com:8443', /cannot be read/],
		['tcp://user:secret@host:9000', /cannot be read/],
		['https://user:secret@host:8443/a/b', /cannot be read/],
		['https://user:secret@host:8443/a?secure=1', /cannot be read/],
		['https://user:secret%@host:8443/a', /% that encodes nothing/],
	])('refuses the address %s without showing it', (address, message) => {
		expect(() => readClickHouseAddress(address)).toThrow(message);
		expect(() => readClickHouseAddress(address)).not.toThrow(/secret/);
	});

	it('reads an address', () => {
		expect(readClickHouseAddress(' https://me:a%3Ab@ch.example.com:8443/my%20db ')).toEqual({
			server: 'https://ch.example.com:8443',
			user: 'me',
			password: 'a:b',
			database: 'my db',
		});
		expect(readClickHouseAddress('http://127.0.0.1:8123')).toEqual({
			server: 'http://127.0.0.1:8123',
			user: 'default',
			password: '',
			database: 'default',
		});
	});
});
