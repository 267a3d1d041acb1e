import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { parse } from 'yaml';

import { findCompose } from '../../scripts/lib/test-tools';
import { runtimeFolder } from '../../scripts/lib/paths';
import { readCollectOptions } from '../../src/collector/command/collect-options';
import { KEY_FILE_NAME } from '../../src/intake/key-file';
import { deriveSigningKey } from '../../src/tracking/links/derived-key';
import { CLI } from '../support/collector-process';

const root = join(__dirname, '..', '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const ONE = ['compose.yaml'];
const QUEUE = [...ONE, 'compose.queue.yaml'];
/** What docs/docker.md tells to put into `.env`, and the example of one. */
const ENVIRONMENT = Object.fromEntries(
	[
		...[...text('docs/docker.md').matchAll(/^```ini\n([^]*?)^```/gm)].map(([, lines]) => lines),
		text('docker/env.example'),
	].flatMap((lines) =>
		[...lines.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
	),
);

interface Service {
	image?: string;
	build?: { dockerfile: string };
	command?: string | string[];
	environment?: Record<string, string>;
	volumes?: string[];
	depends_on?: Record<string, { condition: string }>;
	healthcheck?: { test: string[] };
}
interface Compose {
	services: Record<string, Service>;
	volumes: Record<string, unknown>;
}

/** The files as Compose reads them one over the other, as far as these use that. */
function merged(files: string[]): Compose {
	const parts = files.map((file) => parse(text(file), { merge: true }) as Compose);
	const services: Record<string, Service> = {};
	for (const part of parts) {
		for (const [name, service] of Object.entries(part.services)) {
			const before = services[name] ?? {};
			services[name] = {
				...before,
				...service,
				environment: { ...before.environment, ...service.environment },
				volumes: [...(before.volumes ?? []), ...(service.volumes ?? [])],
				depends_on: { ...before.depends_on, ...service.depends_on },
			};
		}
	}
	return { services, volumes: Object.assign({}, ...parts.map(({ volumes }) => volumes)) };
}

const COMPOSE = findCompose();

describe.each([
	['compose.yaml', ONE],
	['compose.queue.yaml over it', QUEUE],
])('%s', (_, files) => {
	const { services, volumes } = merged(files);

	(COMPOSE ? it : it.skip)('has no fault for Compose', () => {
		const [command, ...args] = COMPOSE!;
		const { status, stderr } = spawnSync(
			command,
			[...args, ...files.flatMap((file) => ['--file', file]), 'config', '--quiet'],
			{ cwd: root, encoding: 'utf8', env: { ...process.env, ...ENVIRONMENT } },
		);
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
	});

	it('sets variables that n8n reads', () => {
		const n8n = join(runtimeFolder, 'node_modules', 'n8n', 'dist');
		const config = join(runtimeFolder, 'node_modules', '@n8n', 'config', 'dist');
		const configs = readdirSync(join(config, 'configs')).filter((name) => name.endsWith('.js'));
		const read = [
			join(config, 'index.js'),
			...configs.map((name) => join(config, 'configs', name)),
			join(n8n, 'services', 'url.service.js'),
			join(n8n, 'modules', 'community-packages', 'community-packages.config.js'),
		]
			.map((file) => readFileSync(file, 'utf8'))
			.join('\n');
		for (const { image, environment } of Object.values(services)) {
			if (!image?.includes('/n8n:')) continue;
			const unknown = Object.keys(environment!).filter(
				(name) => !new RegExp(`\\b${name}\\b`).test(read),
			);
			expect(unknown).toEqual([]);
		}
	});

	it('asks for health where something answers, and believes what it says', async () => {
		let status = 200;
		const asked: string[] = [];
		const server = createServer(({ url }, response) => {
			asked.push(url!);
			response.writeHead(status).end();
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const ask = async (script: string) => {
			const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
			return await new Promise((resolve) => child.once('exit', resolve));
		};
		const checks = Object.values(services).flatMap(({ healthcheck }) =>
			healthcheck?.test.slice(0, 3).join(' ') === 'CMD node -e' ? [healthcheck.test[3]] : [],
		);
		expect(checks.length).toBeGreaterThan(0);
		const here = checks.map((script) => script.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`));
		for (const script of here) expect(await ask(script)).toBe(0);
		status = 503;
		for (const script of here) expect(await ask(script)).toBe(1);
		await new Promise((resolve) => server.close(resolve));
		for (const script of here) expect(await ask(script)).toBe(1);
		const places = checks.map((script) => /127\.0\.0\.1:[^']+/.exec(script)![0]);
		const known = ['127.0.0.1:5678/healthz/readiness', '127.0.0.1:8381/readyz'];
		expect(places.filter((place) => !known.includes(place))).toEqual([]);
		expect(asked).toHaveLength(2 * checks.length);
	});

	it('names only services, volumes and files that there are, and a version of each image', () => {
		for (const [name, { image, build, volumes: mounts = [], ...service }] of Object.entries(
			services,
		)) {
			expect([name, image === undefined]).toEqual([name, build !== undefined]);
			if (build) expect(existsSync(join(root, build.dockerfile))).toBe(true);
			else expect(image).toMatch(/:\d/);
			for (const source of mounts.map((mount) => mount.split(':')[0])) {
				const known = source.startsWith('./') ? existsSync(join(root, source)) : source in volumes;
				expect([name, source, known]).toEqual([name, source, true]);
			}
			for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
				expect(Object.keys(services)).toContain(other);
				if (condition === 'service_healthy') expect(services[other].healthcheck).toBeDefined();
			}
		}
	});

	it('runs the n8n that is tested, with what it needs, after the nodes are in its folder', () => {
		const { n8n } = JSON.parse(text('runtime/package.json')).dependencies as { n8n: string };
		const [all, prefix] = /npm install --prefix (\S+) [^.]*(?=\.\/)/.exec(text('README.md'))!;
		const install = String(services.nodes.command?.at(-1));
		expect(install).toContain(
			`${all.replace(prefix, () => '"$$folder/nodes"').trim()} /package/*.tgz`,
		);
		for (const name of ['n8n', 'worker-1', 'worker-2'].filter((one) => one in services)) {
			const { image, environment, depends_on: after, volumes: mounts = [] } = services[name];
			expect(image).toBe(`docker.n8n.io/n8nio/n8n:${n8n}`);
			expect(environment).toMatchObject({
				N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
				N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
			});
			expect(after?.nodes).toEqual({ condition: 'service_completed_successfully' });
			const [folder] = mounts[0].split(':');
			expect(services.nodes.volumes?.map((mount) => mount.split(':')[0])).toContain(folder);
		}
	});
});

describe('the collector of compose.queue.yaml', () => {
	const { collector, keys } = merged(QUEUE).services;

	it('starts with options that there are, where Caddy and the health check find it', () => {
		expect(collector.command?.slice(0, 2)).toEqual(['n8n-nodes-email-open-tracking', 'collect']);
		const options = readCollectOptions(
			collector.command!.slice(2) as string[],
			collector.environment!,
		)!;
		expect(options.settings.listener).toMatchObject({ host: '0.0.0.0', port: 8380 });
		expect(text('docker/Caddyfile')).toContain('reverse_proxy collector:8380');
		expect(options.admin).toEqual({ host: '127.0.0.1', port: 8381 });
		expect(options.settings.keys).toMatchObject({ keyFolder: '/keys' });
		const mounts = [collector, keys].map(({ volumes }) => volumes!.map((one) => one.split(':')[1]));
		expect(mounts).toEqual([['/data', '/keys'], ['/keys']]);
	});

	it('has the key that n8n derives from its encryption key, or does not start', () => {
		const folder = mkdtempSync(join(tmpdir(), 'compose-keys-'));
		const program = join(folder, 'n8n-nodes-email-open-tracking');
		writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, {
			mode: 0o755,
		});
		// What Compose and the volume make of it.
		const script = String(keys.command!.at(-1))
			.replaceAll('$$', '$')
			.replaceAll('/keys/', `${folder}/`);
		const run = (key: string) =>
			spawnSync('sh', ['-c', script], {
				env: {
					PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter),
					N8N_USER_FOLDER: folder,
					N8N_ENCRYPTION_KEY: key,
				},
			}).status;
		const file = join(folder, KEY_FILE_NAME);
		expect(keys.environment).toEqual({ N8N_ENCRYPTION_KEY: '${N8N_ENCRYPTION_KEY}' });
		const encryptionKey = randomBytes(24).toString('hex');
		expect(run('')).not.toBe(0);
		expect(existsSync(file)).toBe(false);
		expect(run(encryptionKey)).toBe(0);
		expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
			activeKey: deriveSigningKey(encryptionKey),
			previousKeys: [],
		});
		expect(statSync(file).mode & 0o077).toBe(0);
		expect(collector.depends_on?.keys).toEqual({ condition: 'service_completed_successfully' });
		rmSync(folder, { recursive: true });
	});
});
