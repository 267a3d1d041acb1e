/**
 * Everything that can serve the pixel, on the same machine in one run, as multiples of the plain
 * n8n template: n8n's own ways, the collector, and two peers outside n8n. The load comes from
 * autocannon on the same machine, 64 connections, and takes about one of its cores: it can be the
 * limit of the fastest rows. `--seconds 20` measures each for longer. `--only clicks` leaves all out
 * but the comparison of pixels alone with one click in ten loads.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { loadOrCreateKeyFile } from '../src/intake/key-file';
import { signTrackedLink } from '../src/tracking/links/tracked-link';
import { PIXEL_PATH, signTrackingLink } from '../src/tracking/links/tracking-link';
import { PIXEL_PNG_BASE64 } from '../src/tracking/receive/pixel-image';
import { startCollectorProcess } from '../test/support/collector-process';
import {
	bundledWorkflow,
	eventually,
	freePort,
	startInstance,
	type WorkflowJson,
} from '../test/support/n8n-instance';
import { plainTemplate } from './peers/plain-template';
import { measureInTurns, measureUrl, printRatios, type Measured } from './support';

const QUERY = '?id=42&campaignId=spring';
const root = join(__dirname, '..');

/** The tracker of many tutorials: Express, one INSERT per request, then the image. */
const EXPRESS_TRACKER = `
	const express = require(${JSON.stringify(join(root, 'runtime', 'node_modules', 'express'))});
	const { DatabaseSync } = require('node:sqlite');
	const db = new DatabaseSync(process.argv[1] + '/tutorial.sqlite');
	db.exec('create table opens (id text, ip text, user_agent text, opened_at text)');
	const pixel = Buffer.from('${PIXEL_PNG_BASE64}', 'base64');
	const app = express();
	app.get('/pixel.png', (req, res) => {
		db.prepare('insert into opens values (?, ?, ?, ?)')
			.run(req.query.id, req.ip, req.get('user-agent') ?? '', new Date().toISOString());
		res.type('png').set('cache-control', 'no-store').send(pixel);
	});
	app.listen(Number(process.argv[2]), '127.0.0.1');`;

const { values } = parseArgs({
	options: { seconds: { type: 'string', default: '8' }, only: { type: 'string' } },
});

async function measure(name: string, url: string): Promise<Measured> {
	const row = await measureUrl(name, url, { seconds: Number(values.seconds), connections: 64 });
	process.stdout.write(`  ${name}: ${Math.round(row.perSecond)}/s\n`);
	return row;
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
	rows.push(await measure('Express + SQLite tracker, as in tutorials', expressUrl));
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

async function collectorAlone(folder: string): Promise<Measured> {
	if (!existsSync(join(root, 'dist', 'src', 'cli.js'))) throw new Error('Build the package first');
	const collector = await startCollectorProcess(join(folder, 'alone'), ['--admin-port', '0']);
	const row = await measure(
		'collector alone, every open on disk',
		`http://127.0.0.1:${collector.port}/pixel.png${QUERY}`,
	);
	collector.child.kill('SIGTERM');
	if ((await collector.exited) !== 0) throw new Error('The collector lost opens');
	return row;
}

/** The same collector in turns with pixels alone, and with a tracked link for each tenth load. */
async function withClicks(folder: string): Promise<Measured[]> {
	const data = join(folder, 'clicks');
	mkdirSync(data);
	const keyRing = await loadOrCreateKeyFile(data);
	const collector = await startCollectorProcess(data, ['--admin-port', '0', '--clicks']);
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
	const rows = await measureInTurns(
		[
			{ name: 'collector, signed pixels alone', url, paths: paths(0) },
			{ name: 'the same, one click in ten loads', url, paths: paths(1) },
		],
		{ turns: 3, seconds: Number(values.seconds), connections: 64 },
	);
	collector.child.kill('SIGTERM');
	if ((await collector.exited) !== 0) throw new Error('The collector lost opens or clicks');
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

async function main(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-collector-'));
	try {
		const rows: Measured[] = [];
		if (values.only !== 'clicks') {
			rows.push(...(await insideN8n()), await collectorAlone(folder), ...(await peers(folder)));
			printRatios(rows);
		}
		const clicks = await withClicks(folder);
		printRatios(clicks);
		const failed = [...rows, ...clicks].filter((row) => row.failed > 0).map(({ name }) => name);
		if (failed.length > 0) throw new Error(`Requests failed: ${failed.join(', ')}`);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

void main();
