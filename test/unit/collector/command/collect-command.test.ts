import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { CLI, load, runCli, startCollectorProcess } from '../../../support/collector-process';
import { eventually, freePort } from '../../../support/n8n-instance';

describe('npx n8n-nodes-email-open-tracking collect', () => {
	let folder: string;
	const agent = new Agent({ keepAlive: true });
	beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'collect-'))));
	afterEach(() => rmSync(folder, { recursive: true }));
	afterAll(() => agent.destroy());

	const read = (file: string, sql: string) => {
		const database = new DatabaseSync(join(folder, file), { readOnly: true });
		try {
			return database.prepare(sql).all();
		} finally {
			database.close();
		}
	};
	const get = async (port: number | undefined, path: string) => {
		const response = await fetch(`http://127.0.0.1:${port}${path}`);
		return { status: response.status, body: await response.text() };
	};

	it('explains itself', async () => {
		const { code, output } = await runCli(['collect', '--help']);
		expect(code).toBe(0);
		expect(output).toContain('--proxy-hops <n>');
		expect((await runCli([])).output).toContain('collect');
		expect((await runCli(['colect'])).code).toBe(2);
	});

	it.each([
		[[], '--data is missing'],
		[['--data', 'x', '--port', 'http'], '--port must be a number from 0 to 65535'],
		[['--data', 'x', '--proxy-hops', '1.5'], '--proxy-hops must be a whole number'],
		[['--data', 'x', '--hold-image', '301'], '--hold-image must be a number from 1 to 300'],
		[['--data', 'x', '--mode', 'all'], '--mode must be one of off, aggregate'],
		[['--data', 'x', '--mode', 'full', '--ip', 'x'], '--ip must be one of drop, truncate, hash'],
		[['--data', 'x', '--mode', 'full', '--keep', 'referer,cookie'], '--keep must be one of user-'],
		[['--data', 'x', '--purpose', 'x'], '--purpose must be one of performance, personalisation'],
		[['--data', 'x', '--time', 'minute'], '--time must be one of exact, hour, day'],
		[['--data', 'x', '--ip', 'hash'], '--ip and --keep need --mode full'],
		[['--data', 'x', '--port', '0', '--share-port'], '--share-port needs the --port'],
		[['--data', 'x', '--postgres-url-env', 'NOT_SET'], 'NOT_SET of --postgres-url-env is empty'],
		[['--data', 'x', '--broker-url-env', 'NOT_SET'], 'NOT_SET of --broker-url-env is empty'],
		[['--data', 'x', '--broker-queue', 'x'], '--broker-queue needs --broker-url-env'],
		[['--data', 'x', '--broker-url-env', 'HOME'], 'The address of the broker cannot be read'],
		[
			['--data', 'x', '--broker-url-env', 'HOME', '--mode', 'aggregate'],
			'a --mode that keeps single opens',
		],
		[['--data', 'x', '--pot', '1'], "Unknown option '--pot'"],
	])('refuses %j and says what to correct', async (args, message) => {
		const { code, errors } = await runCli(['collect', ...args]);
		expect(errors).toContain(message);
		expect(errors.trim().split('\n')).toHaveLength(1);
		expect(code).toBe(2);
		expect(existsSync('x')).toBe(false);
	});

	it('logs readable lines where it runs in a terminal', async () => {
		// `script` gives it one. What is shown there ends its lines with a carriage return as well.
		const terminal = spawn('script', [
			'--quiet',
			'--return',
			'--command',
			`exec ${process.execPath} ${CLI} collect --data ${folder} --port 0 --host 127.0.0.1 --admin-port 0`,
			'/dev/null',
		]);
		let shown = '';
		terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
		const ended = new Promise((resolve) => terminal.once('exit', resolve));
		await eventually(() => shown.includes('collecting'));
		// As Ctrl-C does.
		terminal.stdin.write('\x03');
		expect(await ended).toBe(0);
		const lines = shown.replace('^C', '').trim().split('\r\n');
		expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
			expect.stringMatching(/^info {3}collecting {2}port=\d+$/),
			'info   stopping  signal=SIGINT',
			'info   stopped  recorded=0 unwritten=0',
		]);
	});

	(process.platform === 'linux' ? it : it.skip)(
		'has threads with names, so that an operator sees which one is busy',
		async () => {
			const collector = await startCollectorProcess(folder, ['--admin-port', '0']);
			const threads = `/proc/${collector.child.pid}/task`;
			const names = readdirSync(threads).map((id) =>
				readFileSync(join(threads, id, 'comm'), 'utf8').trim(),
			);
			expect(names).toEqual(
				expect.arrayContaining(['listen-thread', 'write-thread', 'ship-thread']),
			);
			collector.child.kill('SIGTERM');
			expect(await collector.exited).toBe(0);
		},
	);

	it('says what is wrong with a key file, and does not show what it holds', async () => {
		writeFileSync(join(folder, 'signing-keys.json'), '{"activeKey":"id:hunter2');
		const { code, errors } = await runCli(['collect', '--data', folder, '--port', '0']);
		expect(errors).toMatch(/signing-keys\.json does not hold signing keys.*Restore it/);
		expect(errors).not.toContain('hunter2');
		expect(code).toBe(1);
	});

	it.each(['collector.sqlite', 'collector.lock'])(
		'says in a sentence that a %s is no database, and leaves it there',
		async (name) => {
			const text = 'no database, but long enough to be looked at. '.repeat(20);
			writeFileSync(join(folder, name), text);
			const { code, errors } = await runCli(['collect', '--data', folder, '--port', '0']);
			expect(errors).toMatch(new RegExp(`${name} is damaged.*move it away`));
			expect(errors.trim().split('\n')).toHaveLength(1);
			expect(code).toBe(1);
			expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
		},
	);

	it('collects, says how it is, and drains on SIGTERM', async () => {
		const collector = await startCollectorProcess(folder, [
			'--admin-port',
			String(await freePort()),
		]);
		const answers = await Promise.all(
			Array.from({ length: 200 }, (_, n) => load(agent, collector.port, `person-${n}`)),
		);
		expect(answers).toEqual(Array(200).fill(true));
		expect(await get(collector.adminPort, '/healthz')).toEqual({
			status: 200,
			body: '{"status":"ok"}',
		});
		expect(await get(collector.adminPort, '/readyz')).toEqual({
			status: 200,
			body: '{"ready":true,"reasons":[]}',
		});
		expect((await get(collector.adminPort, '/')).status).toBe(404);

		// Two threads report, each in its own time.
		const numbers = ['recorded_total 200\n', 'shipped_total 200\n', 'backlog 0\n'];
		let metrics = '';
		while (!numbers.every((text) => metrics.includes(`open_tracking_collector_${text}`))) {
			metrics = (await get(collector.adminPort, '/metrics')).body;
		}
		// Not one label: nothing personal, and a number of series that does not grow.
		expect(metrics.split('\n').filter((line) => /^[^#].*\{/.test(line))).toEqual([]);

		collector.child.kill('SIGTERM');
		expect(await collector.exited).toBe(0);
		expect(read('tracking.sqlite', 'select 1 from opens')).toHaveLength(200);
		const logged = JSON.stringify(collector.lines);
		expect(logged).toContain('"recorded":200');
		expect(logged).not.toMatch(/person-|127\.0\.0\.1|o\.png/);
		expect(statSync(join(folder, 'signing-keys.json')).mode & 0o077).toBe(0);
	});

	it('keeps of the request what --ip and --keep name in mode full', async () => {
		const collector = await startCollectorProcess(folder, [
			...['--admin-port', '0', '--mode', 'full'],
			...['--ip', 'hash', '--keep', 'user-agent, referer'],
		]);
		await fetch(`http://127.0.0.1:${collector.port}/o.png?id=42`, {
			headers: { 'user-agent': 'Some Mail/1.0', 'accept-language': 'en' },
		});
		const opens = () => read('tracking.sqlite', 'select * from opens');
		await eventually(() => opens().length > 0);
		collector.child.kill('SIGTERM');
		expect(await collector.exited).toBe(0);
		expect(opens()).toEqual([
			expect.objectContaining({
				request_ip: expect.stringMatching(/^[0-9a-f]{32}$/),
				request_user_agent: 'Some Mail/1.0',
				request_referer: null,
				request_accept_language: null,
			}),
		]);
	});

	// Other systems spread no connections over processes; there the option refuses to start.
	(process.platform === 'linux' ? it : it.skip)(
		'shares one port with a second process, and neither loses a load',
		async () => {
			const port = String(await freePort());
			const start = async (name: string) =>
				await startCollectorProcess(join(folder, name), [
					...['--admin-port', '0', '--port', port, '--share-port'],
				]);
			const collectors = [await start('one'), await start('two')];
			expect(collectors.map((collector) => collector.port)).toEqual([Number(port), Number(port)]);
			// A connection each: the system spreads connections, not loads.
			const apart = new Agent({ keepAlive: false });
			const ids = Array.from({ length: 200 }, (_, n) => `person-${n}`);
			const answers = await Promise.all(ids.map((id) => load(apart, Number(port), id)));
			expect(answers).toEqual(Array(200).fill(true));
			const stored = await eventually(() => {
				const both = ['one', 'two'].map((name) =>
					read(join(name, 'tracking.sqlite'), 'select recipient_id as id from opens'),
				);
				return both.flat().length >= 200 && both;
			});
			for (const { child } of collectors) child.kill('SIGTERM');
			expect(await Promise.all(collectors.map(({ exited }) => exited))).toEqual([0, 0]);
			expect(stored.map(({ length }) => length > 20)).toEqual([true, true]);
			expect(
				stored
					.flat()
					.map(({ id }) => String(id))
					.sort(),
			).toEqual([...ids].sort());
		},
	);

	it('loses nothing that was answered when it is stopped under load', async () => {
		const collector = await startCollectorProcess(folder, ['--admin-port', '0']);
		const answered: string[] = [];
		let stopping = false;
		const clients = Array.from({ length: 16 }, async (_, client) => {
			for (let n = 0; !stopping; n += 1) {
				const id = `${client}-${n}`;
				if (await load(agent, collector.port, id)) answered.push(id);
			}
		});
		await new Promise((resolve) => setTimeout(resolve, 500));
		collector.child.kill('SIGTERM');
		const code = await collector.exited;
		stopping = true;
		await Promise.all(clients);
		expect(code).toBe(0);
		const logged = read('collector.sqlite', 'select event from log').map(
			({ event }) => (JSON.parse(String(event)) as { recipientId: string }).recipientId,
		);
		const stored = read('tracking.sqlite', 'select recipient_id from opens').map((row) =>
			String(row.recipient_id),
		);
		const kept = new Set([...logged, ...stored]);
		expect(answered.length).toBeGreaterThan(100);
		expect(answered.filter((id) => !kept.has(id))).toEqual([]);
	});

	it('serves on and spools while PostgreSQL is away, and keeps its secret', async () => {
		const collector = await startCollectorProcess(
			folder,
			[
				...['--admin-port', String(await freePort()), '--postgres-url-env', 'STORE_URL'],
				...['--postgres-tls', 'disable'],
			],
			{ STORE_URL: 'postgres://someone:S3cret@127.0.0.1:1/none' },
		);
		for (let n = 0; n < 20; n += 1) expect(await load(agent, collector.port, `${n}`)).toBe(true);
		let metrics = '';
		while (!/shipping_failures [1-9]/.test(metrics) || !metrics.includes('backlog 20\n')) {
			metrics = (await get(collector.adminPort, '/metrics')).body;
		}
		// A store that is away is what the log is for.
		expect((await get(collector.adminPort, '/readyz')).status).toBe(200);
		collector.child.kill('SIGTERM');
		expect(await collector.exited).toBe(0);
		expect(read('collector.sqlite', 'select 1 from log')).toHaveLength(20);
		const logged = JSON.stringify(collector.lines);
		expect(logged).toContain('"problem":"shipping"');
		expect(logged).not.toContain('S3cret');
	});

	it('says that the log is filling up, and is not ready then; serves on when it is full', async () => {
		const collector = await startCollectorProcess(
			folder,
			[
				...['--admin-port', String(await freePort()), '--postgres-url-env', 'STORE_URL'],
				...['--max-log-gib', '0.001'],
			],
			{ STORE_URL: 'postgres://someone:S3cret@127.0.0.1:1/none' },
		);
		const seen = new Set<string>();
		for (let n = 0; !seen.has('log-full'); n += 1) {
			const loads = Array.from({ length: 150 }, (_, i) => load(agent, collector.port, `${n}-${i}`));
			expect(await Promise.all(loads)).toEqual(Array(150).fill(true));
			// Reports come twice a second: wait for the one that knows of these loads.
			const all = `collector_answered_total ${(n + 1) * 150}\n`;
			while (!(await get(collector.adminPort, '/metrics')).body.includes(all));
			const { status, body } = await get(collector.adminPort, '/readyz');
			for (const reason of (JSON.parse(body) as { reasons: string[] }).reasons) seen.add(reason);
			expect(status).toBe(JSON.parse(body).ready ? 200 : 503);
		}
		expect([...seen]).toEqual(['log-filling', 'log-full']);
		while (!collector.lines.some(({ msg }) => msg.includes('opens are LOST'))) {
			expect(await load(agent, collector.port, 'more')).toBe(true);
		}
		collector.child.kill('SIGTERM');
		await collector.exited;
	});

	it('refuses a folder that another collector works on, and a port that is taken', async () => {
		const collector = await startCollectorProcess(folder, ['--admin-port', '0']);
		const second = await runCli(['collect', '--data', folder, '--port', '0', '--admin-port', '0']);
		expect(second).toMatchObject({ code: 1, errors: expect.stringContaining('Another collector') });
		const other = join(folder, 'other');
		const third = await runCli([
			...['collect', '--data', other, '--host', '127.0.0.1'],
			...['--port', `${collector.port}`, '--admin-port', '0'],
		]);
		expect(third).toMatchObject({ code: 1, errors: expect.stringContaining('is taken') });
		collector.child.kill('SIGINT');
		expect(await collector.exited).toBe(0);
	});

	it('makes its command runnable after an install', () => {
		const manifest = JSON.parse(readFileSync(join(__dirname, '../../../../package.json'), 'utf8'));
		const file = join(__dirname, '../../../..', manifest.bin['n8n-nodes-email-open-tracking']);
		expect(readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
	});
});
