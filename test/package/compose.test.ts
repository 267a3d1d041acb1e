import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { findCompose } from '../../scripts/lib/test-tools';
import { readCollectOptions } from '../../src/collector/command/collect-options';

const root = join(__dirname, '..', '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const ONE = ['compose.yaml'];
const QUEUE = [...ONE, 'compose.queue.yaml'];
/** What docs/docker.md tells to put into `.env`. */
const ENVIRONMENT = Object.fromEntries(
	[...text('docs/docker.md').matchAll(/^```ini\n([^]*?)^```/gm)].flatMap(([, lines]) =>
		lines
			.trim()
			.split('\n')
			.map((line) => line.split('=') as [string, string]),
	),
);

interface Service {
	image?: string;
	build?: { dockerfile: string };
	command?: string | string[];
	environment?: Record<string, string>;
	volumes?: string[];
	depends_on?: Record<string, { condition: string }>;
	healthcheck?: unknown;
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
		for (const name of ['n8n', 'worker'].filter((service) => service in services)) {
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

it('the collector of compose.queue.yaml starts with options that there are', () => {
	const { command, environment } = merged(QUEUE).services.collector;
	expect(command?.slice(0, 2)).toEqual(['n8n-nodes-email-open-tracking', 'collect']);
	const { settings } = readCollectOptions(command!.slice(2) as string[], environment!)!;
	expect(settings.listener).toMatchObject({ host: '0.0.0.0', port: 8380 });
	// That of the Caddyfile, which passes the pixel on to it.
	expect(text('docker/Caddyfile')).toContain('reverse_proxy collector:8380');
});
