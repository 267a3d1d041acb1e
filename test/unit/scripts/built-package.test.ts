import { spawn } from 'node:child_process';
import {
	appendFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..', '..');
const COPIED = [
	'gulpfile.js',
	'scripts',
	'tsconfig.json',
	'tsconfig.build.json',
	'runtime/package.json',
];
const BUILT = ['credentials/C.js', 'icons/i.svg', 'nodes/N.js', 'nodes/N.node.json', 'src/s.js'];

interface Ended {
	code: number | null;
	output: string;
}

/** A small project with the build of this one. */
function newProject() {
	const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-build-'));
	const write = (path: string, text: string) => {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	};
	for (const path of COPIED) cpSync(join(root, path), join(folder, path), { recursive: true });
	symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
	write(
		'package.json',
		JSON.stringify({
			name: 'small-project',
			version: '1.0.0',
			main: 'dist/nodes/N.js',
			files: ['dist', '!dist/.sources', 'workflows'],
		}),
	);
	for (const path of ['package-lock.json', 'index.js', 'README.md', 'LICENSE', 'data/list.csv']) {
		write(path, '');
	}
	write('workflows/one.json', '{}');
	write('icons/i.svg', '<svg/>');
	write('nodes/N.node.json', '{}');
	write('nodes/N.ts', 'export const version = 1;\n');
	write('credentials/C.ts', 'export const c = 1;\n');
	write('src/s.ts', 'export const s = 1;\n');
	const node = (...args: string[]) =>
		new Promise<Ended>((resolve) => {
			const child = spawn(process.execPath, args, { cwd: folder });
			let output = '';
			for (const stream of [child.stdout, child.stderr]) {
				stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
			}
			child.once('close', (code) => resolve({ code, output }));
		});
	return {
		folder,
		write,
		build: () => node(join('node_modules', 'gulp', 'bin', 'gulp.js'), 'build', '--silent'),
		/** Installs the package as the demo does */
		install: (target: string) =>
			node(
				'-e',
				`require('./scripts/lib/built-package').installBuiltPackage(${JSON.stringify(target)}, process.env)`,
			),
		/** What is missing of a whole `dist` now */
		missing: () => BUILT.filter((path) => !existsSync(join(folder, 'dist', path))),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

describe('the build', () => {
	jest.setTimeout(120_000);
	let project: ReturnType<typeof newProject>;
	beforeAll(() => (project = newProject()));
	afterAll(() => project.remove());

	const inode = () =>
		statSync(join(project.folder, 'dist'), { throwIfNoEntry: false })?.ino ?? null;
	const dist = () => {
		const found = inode();
		if (found === null) throw new Error('There is no dist');
		return found;
	};

	it('is done once by two that start at the same time', async () => {
		const ended = await Promise.all([project.build(), project.build()]);
		expect(ended.map(({ code }) => code)).toEqual([0, 0]);
		expect(ended.filter(({ output }) => output.includes('dist is up to date'))).toHaveLength(1);
		expect(project.missing()).toEqual([]);
		expect(readdirSync(join(project.folder, '.cache'))).toEqual([]);
	});

	it('leaves dist alone while the sources are the same', async () => {
		const before = dist();
		expect(await project.build()).toMatchObject({ code: 0 });
		expect(dist()).toBe(before);
	});

	it('puts a whole dist in the place of the old one', async () => {
		project.write('nodes/N.ts', 'export const version = 2;\n');
		const before = dist();
		const building = project.build();
		let done = false;
		void building.then(() => (done = true));
		const seen = new Set<number>();
		while (!done) {
			// Between two moves of folders there is none for a moment, never a part of one. A look that
			// a move came into has seen two folders.
			const looked = inode();
			const missing = project.missing();
			if (looked !== null && looked === inode()) seen.add(missing.length);
			await new Promise(setImmediate);
		}
		expect(await building).toMatchObject({ code: 0 });
		expect([...seen]).toEqual([0]);
		expect(dist()).not.toBe(before);
		expect(readFileSync(join(project.folder, 'dist/nodes/N.js'), 'utf8')).toContain('version = 2');
	});

	it('keeps the old dist when the sources do not compile', async () => {
		project.write('src/s.ts', 'export const s: number = "text";\n');
		const before = dist();
		const { code, output } = await project.build();
		expect(code).not.toBe(0);
		expect(output).toContain("Type 'string' is not assignable to type 'number'");
		expect(dist()).toBe(before);
		expect(project.missing()).toEqual([]);
		project.write('src/s.ts', 'export const s = 1;\n');
	});

	it('is installed once by two that start at the same time, and again when it has changed', async () => {
		const nodes = join(project.folder, 'n8n', 'nodes');
		const installed = (path: string) =>
			readFileSync(join(nodes, 'node_modules', 'small-project', path), 'utf8');
		await project.build();
		const both = await Promise.all([project.install(nodes), project.install(nodes)]);
		expect(both.map(({ code }) => code)).toEqual([0, 0]);
		expect(both.filter(({ output }) => output.includes('Installing'))).toHaveLength(1);
		expect(installed('dist/nodes/N.js')).toContain('version = 2');
		expect(existsSync(join(nodes, 'node_modules/small-project/dist/.sources'))).toBe(false);

		expect(await project.install(nodes)).toEqual({ code: 0, output: '' });
		appendFileSync(join(project.folder, 'README.md'), 'Changed.\n');
		expect((await project.install(nodes)).output).toContain('Installing');
		expect(installed('README.md')).toBe('Changed.\n');
		expect(readdirSync(dirname(nodes))).toEqual(['nodes']);
	});

	it('must be there before it can be installed', async () => {
		rmSync(join(project.folder, 'dist'), { recursive: true });
		const { code, output } = await project.install(join(project.folder, 'other', 'nodes'));
		expect(code).not.toBe(0);
		expect(output).toContain('There is no build yet. Run npm run build first.');
	});
});
