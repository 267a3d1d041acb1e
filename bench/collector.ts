/**
 * Everything that can serve the pixel, on the same machine in one run, as multiples of the plain
 * n8n template: n8n's own ways, the collector, and three peers outside n8n. The load comes from wrk
 * on the same machine (autocannon where that is missing), 64 connections, and takes up to one of its
 * cores: it can be the limit of the fastest rows. What the collector is held to is a bare server of
 * node:http that sends the same answer and records nothing; the two are loaded in turns, as they are
 * and with equal shares of the processor for the threads that answer (Linux, root).
 * `--seconds 20` measures each for longer. `--only alone` leaves n8n out, `--only clicks` all but the
 * comparison of pixels alone with one click in ten loads, `--only share-port` all but that of one
 * collector with two on one port, each with an equal share of the processor (Linux, root).
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { loadOrCreateKeyFile } from '../src/intake/key-file';
import { signTrackedLink } from '../src/tracking/links/tracked-link';
import { PIXEL_PATH, signTrackingLink } from '../src/tracking/links/tracking-link';
import { PIXEL_PNG, PIXEL_PNG_BASE64 } from '../src/tracking/receive/pixel-image';
import { pixelHeaders } from '../src/tracking/receive/pixel-response';
import {
	collectorMetric,
	startCollectorProcess,
	type CollectorProcess,
} from '../test/support/collector-process';
import {
	bundledWorkflow,
	eventually,
	freePort,
	startInstance,
	type WorkflowJson,
} from '../test/support/n8n-instance';
import { plainTemplate } from './peers/plain-template';
import { processorShare, threadNamed } from './processor-share';
import { LOAD_PROGRAM, measureInTurns, printRatios, type Measured, type Peer } from './support';

const QUERY = '?id=42&campaignId=spring';
const root = join(__dirname, '..');

/** The tracker of many tutorials: Express, one INSERT per request, then the image. */
const EXPRESS_TRACKER = `
	const express = require(${JSON.stringify(join(root, 'runtime', 'node_modules', 'express'))});
	const { DatabaseSync } = require('node:sqlite');
	const db = new DatabaseSync(process.argv[1] + '/tutorial.sqlite');
	db.exec('create table opens (id text, ip text, user_agent text, opened_at text)');
	const pixel = Buffer.from('${PIXEL_PNG_BASE64}', 'base64').toString('latin1');
	const app = express();
	app.get('/pixel.png', (req, res) => {
		db.prepare('insert into opens values (?, ?, ?, ?)')
			.run(req.query.id, req.ip, req.get('user-agent') ?? '', new Date().toISOString());
		res.type('png').set('cache-control', 'no-store').send(pixel);
	});
	app.listen(Number(process.argv[2]), '127.0.0.1');`;

/** The same answer from the same library, and nothing else. */
const BARE_SERVER = `
	const pixel = Buffer.from('${PIXEL_PNG_BASE64}', 'base64');
	const headers = ${JSON.stringify(Object.entries(pixelHeaders(PIXEL_PNG.length)).flat())};
	require('node:http').createServer((req, res) => {
		res.writeHead(200, headers);
		res.end(pixel, 'latin1');
	}).listen(Number(process.argv[1]), '127.0.0.1');`;
const BARE = 'bare node:http, the same answer, no record';
const TURNS = 3;
const CONNECTIONS = 64;

const { values } = parseArgs({
	options: {
		seconds: { type: 'string', default: '8' },
		only: { type: 'string' },
	},
});

async function measureAll(peers: readonly Peer[], turns = 1): Promise<Measured[]> {
	const seconds = Math.max(1, Math.round(Number(values.seconds) / turns));
	const rows = await measureInTurns(peers, { turns, seconds, connections: CONNECTIONS });
	for (const { name, perSecond } of rows) {
		process.stdout.write(`  ${name}: ${Math.round(perSecond)}/s\n`);
	}
	return rows;
}

async function measure(name: string, url: string, child?: ChildProcess): Promise<Measured> {
	return (await measureAll([{ name, url, pids: pidsOf(child) }]))[0];
}

function pidsOf(...children: Array<ChildProcess | undefined>): number[] | undefined {
	const pids = children.flatMap((child) => child?.pid ?? []);
	return pids.length === children.length ? pids : undefined;
}

async function whenServing(url: string): Promise<void> {
	await eventually(async () => {
		const response = await fetch(url).catch(() => null);
		return response?.ok && response.headers.get('content-type')?.startsWith('image/');
	}, 60_000);
}

async function stop(child: ChildProcess): Promise<void> {
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	await ended;
}

async function peers(folder: string): Promise<Measured[]> {
	const rows: Measured[] = [];
	const expressPort = await freePort();
	const tutorial = spawn(process.execPath, ['-e', EXPRESS_TRACKER, folder, `${expressPort}`], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const expressUrl = `http://127.0.0.1:${expressPort}/pixel.png${QUERY}`;
	await whenServing(expressUrl);
	rows.push(await measure('Express + SQLite tracker, as in tutorials', expressUrl, tutorial));
	await stop(tutorial);

	if (spawnSync('nginx', ['-v']).error) {
		process.stdout.write('  nginx is NOT INSTALLED: its row is missing\n');
		return rows;
	}
	const port = await freePort();
	const config = join(folder, 'nginx.conf');
	writeFileSync(
		config,
		`daemon off; worker_processes auto; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
		events { worker_connections 1024; }
		http { access_log off; server { listen 127.0.0.1:${port}; location / { empty_gif; } } }`,
	);
	const nginx = spawn('nginx', ['-c', config], { stdio: 'ignore' });
	const url = `http://127.0.0.1:${port}/`;
	await whenServing(url);
	rows.push(await measure('nginx empty_gif, which records nothing', url));
	await stop(nginx);
	return rows;
}

/**
 * The collector in turns with the bare server: as they are, and then with the same share of the
 * processor for the one thread that answers in each, as if there were a core for every thread.
 */
async function collectorAlone(
	folder: string,
): Promise<{ rows: Measured[]; onEqualShares: Measured[] }> {
	if (!existsSync(join(root, 'dist', 'src', 'cli.js'))) throw new Error('Build the package first');
	const barePort = await freePort();
	const bare = spawn(process.execPath, ['-e', BARE_SERVER, `${barePort}`], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const bareUrl = `http://127.0.0.1:${barePort}/pixel.png${QUERY}`;
	await whenServing(bareUrl);
	const collector = await startCollector(join(folder, 'alone'));
	const url = `http://127.0.0.1:${collector.port}/pixel.png${QUERY}`;
	const servers = [
		{ name: BARE, url: bareUrl, pids: pidsOf(bare) },
		{
			name: 'collector alone, every open on disk',
			url,
			pids: pidsOf(collector.child),
			settled: shipped(collector),
		},
	];
	const rows = await measureAll(servers, TURNS);

	const cores = Math.min(1, availableParallelism() / 5);
	const shares = ['bare', 'listen'].map((name) =>
		processorShare(`bench-${process.pid}-${name}`, cores),
	);
	// The thread that a process begins with has its number.
	const threads = [bare.pid ?? null, threadNamed(collector.child.pid, 'listen-thread')];
	const isShared = shares.every((share) => share?.addThread) && !threads.includes(null);
	if (isShared) shares.forEach((share, index) => share?.addThread?.(threads[index] ?? 0));
	else
		process.stdout.write('  equal shares of the processor CANNOT BE HAD: their rows are missing\n');
	const percent = Math.round(cores * 100);
	const onEqualShares = isShared
		? await measureAll(
				servers.map((server) => ({
					...server,
					name: `${server.name}, answering with ${percent} % of a core`,
				})),
				TURNS,
			)
		: [];
	await stop(bare);
	await end(collector);
	for (const share of shares) share?.remove();
	return { rows, onEqualShares };
}

async function startCollector(
	folder: string,
	args: readonly string[] = [],
	enter?: readonly string[],
): Promise<CollectorProcess> {
	const adminPort = await freePort();
	return await startCollectorProcess(folder, ['--admin-port', `${adminPort}`, ...args], {}, enter);
}

/** Until the store has what collectors recorded. */
function shipped(...collectors: CollectorProcess[]): () => Promise<void> {
	return async () => {
		for (const collector of collectors) {
			await eventually(async () => (await collectorMetric(collector, 'backlog')) === 0, 120_000);
		}
	};
}

async function end(collector: CollectorProcess): Promise<void> {
	collector.child.kill('SIGTERM');
	if ((await collector.exited) !== 0) throw new Error('The collector lost opens or clicks');
}

/**
 * One collector in turns with two on one port, each with its connections, log and store, and where
 * that can be had with an equal share of the processor, which stands for a core of its own.
 */
async function onOnePort(folder: string): Promise<Measured[]> {
	const names = ['one', 'first', 'second'];
	// What is left is for the load. The two are the only ones that work at the same time.
	const cores = Math.min(1, (availableParallelism() - 0.6) / 2);
	const shares = names.map((name) => processorShare(`bench-${process.pid}-${name}`, cores));
	if (shares.includes(null)) {
		process.stdout.write(
			'  equal shares of the processor CANNOT BE HAD: all share what there is\n',
		);
	}
	const ports = [await freePort(), await freePort()];
	const collectors = [];
	for (const [index, name] of names.entries()) {
		const args = ['--port', `${ports[Math.min(1, index)]}`, '--share-port'];
		collectors.push(await startCollector(join(folder, name), args, shares[index]?.enter));
	}
	const [one, ...two] = collectors;
	const url = (port: number) => `http://127.0.0.1:${port}/pixel.png${QUERY}`;
	const each = shares.includes(null) ? '' : `, with ${Math.round(cores * 100)} % of a core`;
	const rows = await measureAll(
		[
			{
				name: `one collector${each}`,
				url: url(ports[0]),
				pids: pidsOf(one.child),
				settled: shipped(one),
			},
			{
				name: `two collectors on one port${each && `${each} each`}`,
				url: url(ports[1]),
				connections: 2 * CONNECTIONS,
				pids: pidsOf(...two.map(({ child }) => child)),
				settled: shipped(...two),
			},
		],
		TURNS,
	);
	for (const collector of collectors) await end(collector);
	for (const share of shares) share?.remove();
	return rows;
}

/** The same collector in turns with pixels alone, and with a tracked link for each tenth load. */
async function withClicks(folder: string): Promise<Measured[]> {
	const data = join(folder, 'clicks');
	mkdirSync(data);
	const keyRing = await loadOrCreateKeyFile(data);
	const collector = await startCollector(data, ['--clicks']);
	const settled = shipped(collector);
	const url = `http://127.0.0.1:${collector.port}`;
	const paths = (clicksOfTen: number) =>
		Array.from({ length: 1000 }, (_, n) => {
			const shared = { baseUrl: url, keyRing, iv: randomBytes(12) };
			const claims = {
				recipientId: `reader-${n}`,
				pixelId: null,
				campaignId: 'spring',
				messageId: null,
				trackingMode: null,
				issuedAt: new Date(),
				preview: false,
			};
			const isClick = n % 10 < clicksOfTen;
			const link = { url: `https://shop.example/boots?for=${n}`, position: 1, label: null };
			const tracked = isClick
				? signTrackedLink({ ...shared, claims: { ...claims, purpose: 'clicks', link } })
				: signTrackingLink({
						...shared,
						path: PIXEL_PATH,
						claims: { ...claims, purpose: 'performance' },
					}).url;
			if (tracked === null) throw new Error('This link is too long to be tracked');
			return tracked.slice(url.length);
		});
	const pids = pidsOf(collector.child);
	const rows = await measureAll(
		[
			{ name: 'collector, signed pixels alone', url, pids, settled, paths: paths(0) },
			{ name: 'the same, one click in ten loads', url, pids, settled, paths: paths(1) },
		],
		TURNS,
	);
	await end(collector);
	return rows;
}

async function insideN8n(): Promise<Measured[]> {
	const port = await freePort();
	const collecting = bundledWorkflow('email-open-tracking.json');
	collecting.id = collecting.name = 'collecting';
	const highVolume = bundledWorkflow('high-volume.json');
	const set = (workflow: WorkflowJson, name: string, parameters: object) => {
		for (const node of workflow.nodes) {
			if (node.webhookId) node.webhookId = `${workflow.id}-${node.webhookId}`;
			if (node.name === name) Object.assign(node.parameters, parameters);
		}
	};
	set(collecting, 'Email Open Trigger', { respond: 'collect', path: 'collecting/pixel.png' });
	set(highVolume, 'Open Collector Trigger', { port, options: { host: '127.0.0.1' } });
	const n8n = await startInstance({
		workflows: [plainTemplate, bundledWorkflow('email-open-tracking.json'), collecting, highVolume],
	});
	try {
		const collectorUrl = `http://127.0.0.1:${port}/pixel.png${QUERY}`;
		await whenServing(collectorUrl);
		const webhook = (path: string) => `${n8n.url}/webhook/${path}/pixel.png${QUERY}`;
		return [
			await measure('plain n8n template', webhook('plain')),
			await measure('three-step template, open logged', webhook('email-open')),
			await measure('webhook trigger, collecting for batches', webhook('collecting')),
			await measure('collector in n8n, batches to a workflow', collectorUrl),
		];
	} finally {
		await n8n.stop();
	}
}

/** The collector against the bare server, in words. */
function comparison(bare: Measured, alone: Measured): string {
	const share = (alone.perSecond / bare.perSecond).toFixed(2);
	const answers = `The collector alone answers ${share} of what bare node:http does`;
	if (alone.microseconds === null || bare.microseconds === null) return `${answers}.\n`;
	const times = (alone.microseconds / bare.microseconds).toFixed(1);
	return `${answers}, and takes ${times} times the processor time for each, in all its threads.\n`;
}

async function main(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-collector-'));
	const { only } = values;
	try {
		process.stdout.write(`The load comes from ${LOAD_PROGRAM}.\n`);
		const rows: Measured[] = [];
		if (only === undefined) rows.push(...(await insideN8n()));
		if (only === undefined || only === 'alone') {
			const { rows: measured, onEqualShares } = await collectorAlone(folder);
			const [bare, alone] = measured;
			rows.push(bare, alone, ...(await peers(folder)));
			printRatios(rows);
			if (onEqualShares.length > 0) printRatios(onEqualShares);
			rows.push(...onEqualShares);
			process.stdout.write(comparison(bare, alone));
		}
		for (const [name, measureRows] of [
			['clicks', withClicks],
			['share-port', onOnePort],
		] as const) {
			if (only !== undefined && only !== name) continue;
			const compared = await measureRows(folder);
			printRatios(compared);
			rows.push(...compared);
		}
		const failed = rows.filter((row) => row.failed > 0).map(({ name }) => name);
		if (failed.length > 0) throw new Error(`Requests failed: ${failed.join(', ')}`);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

void main();
