/** Servers that a test starts on a host, each a process of its own with a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { Client } from 'pg';

import { findProgram } from '../../../scripts/lib/test-tools';
import { eventually, type Host } from '../n8n-instance';
import { run } from './network';

/** PostgreSQL refuses to run as root, and takes any other user of the system. */
const NOT_ROOT = ['unshare', '--user', '--map-user=1', '--map-group=1', '--'];
const DATABASE = 'postgres';
const NGINX_CONF = join(__dirname, '..', '..', '..', 'docs', 'reverse-proxy', 'nginx.conf');

/** A cluster of its own. */
export interface PostgresServer {
	url: URL;
	/** Ends all connections and takes no more */
	stop(): Promise<void>;
	start(): Promise<void>;
}

/** Makes a PostgreSQL cluster and starts it. */
export async function startPostgres(host: Host, folder: string): Promise<PostgresServer> {
	const data = join(folder, 'data');
	const [initdb, postgres] = ['initdb', 'postgres'].map(pathOf);
	mkdirSync(folder);
	const initArgs = ['--pgdata', data, '--username=postgres', '--auth=trust', '--no-sync'];
	run(NOT_ROOT[0], [...NOT_ROOT.slice(1), initdb, ...initArgs]);
	appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet trust\n');
	const settings = {
		listen_addresses: host.address,
		unix_socket_directories: '',
		max_connections: '200',
		// Connections that break are what the test is about.
		log_min_messages: 'panic',
	};
	appendFileSync(
		join(data, 'postgresql.conf'),
		Object.entries(settings)
			.map(([name, value]) => `${name} = '${value}'\n`)
			.join(''),
	);
	const url = new URL(`postgres://postgres@${host.address}:5432/${DATABASE}`);
	let child: ChildProcess | undefined;
	const start = async () => {
		child = startServer(host, [...NOT_ROOT, postgres, '-D', data]);
		await eventually(async () => await answers(url));
	};
	await start();
	return { url, start, stop: async () => await end(child!, 'SIGINT') };
}

async function answers(url: URL): Promise<boolean> {
	const client = new Client({ connectionString: url.href });
	client.on('error', () => undefined);
	try {
		await client.connect();
		return true;
	} catch {
		return false;
	} finally {
		await client.end();
	}
}

export interface RedisServer {
	port: number;
	/** How many entries a list has */
	length(list: string): Promise<number>;
}

/** Starts Redis, which keeps nothing on disk. */
export async function startRedis(host: Host): Promise<RedisServer> {
	const port = 6379;
	const args = ['--bind', host.address, '--port', String(port), '--protected-mode', 'no'];
	startServer(host, [pathOf('redis-server'), ...args, '--save', '', '--appendonly', 'no']);
	await eventually(async () => await listens(host.address, port));
	return {
		port,
		length: async (list) => {
			const socket = connect(port, host.address);
			socket.write(`LLEN ${list}\r\n`);
			const [answer] = await once(socket, 'data');
			socket.destroy();
			return Number(/^:(\d+)/.exec(String(answer))?.[1]);
		},
	};
}

/** One load that nginx passed on. */
export interface PassedOn {
	id: string;
	messageId: string;
	/** When it was answered, in milliseconds */
	at: number;
	/** The addresses it was sent to, one after the other */
	tried: string[];
}

/** Starts nginx with the configuration of the documentation, for these collectors and this n8n. */
export async function startNginx(
	host: Host,
	folder: string,
	behind: { collectors: string[]; n8n: string },
): Promise<{ port: number; passedOn(): PassedOn[] }> {
	const port = 80;
	const log = join(folder, 'access.log');
	mkdirSync(folder);
	let conf = readFileSync(NGINX_CONF, 'utf8');
	const replace = (pattern: RegExp, by: string) => {
		if (!pattern.test(conf)) throw new Error(`docs/reverse-proxy/nginx.conf has no ${pattern}`);
		conf = conf.replace(pattern, by);
	};
	const servers = behind.collectors.map((address) => `server ${address};`).join(' ');
	replace(/server 127\.0\.0\.1:8380;/, servers);
	replace(/http:\/\/127\.0\.0\.1:5678/, behind.n8n);
	replace(/listen 443 ssl;/, `listen ${host.address}:${port};`);
	replace(/^ *ssl_\w+ .*\n/gm, '');
	// The ids of this test are those of nobody.
	replace(/'\$time_iso8601 .*'/, "'$arg_id $arg_messageId $msec $upstream_addr'");
	replace(/access_log \S+pixel\.log/, `access_log ${log}`);
	replace(/access_log \S+n8n\.log/, `access_log ${log}`);
	const file = join(folder, 'nginx.conf');
	writeFileSync(
		file,
		`pid ${join(folder, 'nginx.pid')};\ndaemon off;\nmaster_process off;\nevents {}\nhttp {\n${conf}}\n`,
	);
	startServer(host, [pathOf('nginx'), '-p', folder, '-e', join(folder, 'error.log'), '-c', file]);
	await eventually(async () => await listens(host.address, port));
	return {
		port,
		passedOn: () =>
			readFileSync(log, 'utf8')
				.split('\n')
				.slice(0, -1)
				.map((line) => {
					const [id, messageId, at, ...tried] = line.split(/,? /);
					return { id, messageId, at: Number(at) * 1000, tried };
				}),
	};
}

function startServer(host: Host, command: string[]): ChildProcess {
	const [program, ...args] = [...host.enter, ...command];
	return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
	const exited = new Promise((resolve) => child.once('exit', resolve));
	child.kill(signal);
	await exited;
}

async function listens(host: string, port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, host);
		socket.once('error', () => resolve(false));
		socket.once('connect', () => resolve(true));
		socket.once('connect', () => socket.destroy());
	});
}

function pathOf(program: string): string {
	const found = findProgram(program);
	if (found === null) throw new Error(`${program} is not installed`);
	return found;
}
