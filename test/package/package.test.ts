import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Files below a folder, relative to the project. */
function filesBelow(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

describe('the package that is published', () => {
	it('holds dist, workflows, README, license and nothing else', () => {
		const printed = execFileSync('npm', ['pack', '--dry-run', '--json'], {
			cwd: root,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		const [{ files }] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as [
			{ files: Array<{ path: string }> },
		];
		const packed = files.map(({ path }) => path);
		expect(packed.filter((path) => !/^(dist|workflows)\//.test(path)).sort()).toEqual([
			'LICENSE',
			'README.md',
			'index.js',
			'package.json',
		]);
		expect(packed.filter((path) => path.startsWith('workflows/')).sort()).toEqual(
			filesBelow('workflows').sort(),
		);
		const sources = [...filesBelow('nodes'), ...filesBelow('credentials'), ...filesBelow('src')];
		const compiled = sources
			.filter((path) => path.endsWith('.ts'))
			.flatMap((path) => [
				`dist/${path.replace(/\.ts$/, '.js')}`,
				`dist/${path.replace(/\.ts$/, '.d.ts')}`,
			]);
		const copied = [
			...filesBelow('icons'),
			...sources.filter((path) => /^nodes\/.*\.json$|\.eta$/.test(path)),
		].map((path) => `dist/${path}`);
		expect(packed.filter((path) => path.startsWith('dist/')).sort()).toEqual(
			[...compiled, ...copied].sort(),
		);
	});

	it('names every node and credential that there is, and no other', () => {
		const names = (folder: string, ending: string) =>
			filesBelow(folder)
				.filter((path) => path.endsWith(ending))
				.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`)
				.sort();
		expect([...manifest.n8n.nodes].sort()).toEqual(names('nodes', '.node.ts'));
		expect([...manifest.n8n.credentials].sort()).toEqual(names('credentials', '.credentials.ts'));
	});

	it('requires at run time only what it declares as a dependency, or n8n brings', () => {
		const { dependencies, peerDependencies } = manifest;
		// Whoever hands opens on to Kafka installs its client; others are not even asked for it.
		const allowed = new Set([
			'@platformatic/kafka',
			...Object.keys({ ...dependencies, ...peerDependencies }),
		]);
		const undeclared = filesBelow('dist')
			.filter((path) => path.endsWith('.js'))
			.flatMap((path) =>
				[
					...readFileSync(join(root, path), 'utf8').matchAll(
						/(?:require|import)\("([^."][^"]*)"\)/g,
					),
				].map(([, name]) => ({ path, name })),
			)
			.filter(({ name }) => {
				const packageName = name
					.split('/')
					.slice(0, name.startsWith('@') ? 2 : 1)
					.join('/');
				const isBuiltin = name.startsWith('node:') || builtinModules.includes(name);
				return !isBuiltin && !allowed.has(packageName);
			});
		expect(undeclared).toEqual([]);
	});

	it('depends on pure JavaScript that installs without a script', () => {
		for (const name of Object.keys(manifest.dependencies)) {
			const folder = join(root, 'node_modules', name);
			const dependency = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
			for (const script of ['preinstall', 'install', 'postinstall']) {
				expect([name, dependency.scripts?.[script]]).toEqual([name, undefined]);
			}
			expect([name, existsSync(join(folder, 'binding.gyp'))]).toEqual([name, false]);
		}
	});
});

describe("n8n's own loader", () => {
	it('loads the built package, and constructs every node and credential', () => {
		// In a process of its own: n8n-core keeps state per process and reads the user folder once.
		const script = `
			require('reflect-metadata');
			const { PackageDirectoryLoader } = require('n8n-core');
			const loader = new PackageDirectoryLoader(${JSON.stringify(root)});
			loader.loadAll().then(() => {
				process.stdout.write(JSON.stringify({
					nodes: Object.keys(loader.nodeTypes),
					credentials: Object.keys(loader.credentialTypes),
				}));
			});`;
		const printed = execFileSync(process.execPath, ['-e', script], {
			cwd: root,
			encoding: 'utf8',
			env: { ...process.env, N8N_USER_FOLDER: mkdtempSync(join(tmpdir(), 'loader-')) },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const loaded = JSON.parse(printed.slice(printed.lastIndexOf('{"nodes"')));
		expect(loaded.nodes).toHaveLength(manifest.n8n.nodes.length);
		expect(loaded.credentials).toHaveLength(manifest.n8n.credentials.length);
	});
});
