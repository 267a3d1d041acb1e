import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');

function command(script: string, ...args: string[]) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[join('scripts', script), ...args],
		{ cwd: root, encoding: 'utf8', timeout: 20_000 },
	);
	return { status, stdout, stderr };
}

const SCRIPTS = [
	'demo.js',
	'check.js',
	'bench.js',
	'mail-clients.js',
	'screenshots.js',
	'release-notes.js',
	'update-licenses.js',
	'update-ranges.mjs',
];

describe('the commands of the project', () => {
	it.each(SCRIPTS)('%s --help says how it is used, and does nothing', (script) => {
		const { status, stdout, stderr } = command(script, '--help');
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		expect(stdout).toMatch(/^Usage: /);
		expect(stdout).toContain('--help');
	});

	it.each(SCRIPTS)('%s names an option that it does not know, with its usage', (script) => {
		const { status, stdout, stderr } = command(script, '--bogus');
		expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
		expect(stderr.trim()).toMatch(/^[^\n]*--bogus[^\n]*\n\nUsage: /);
		expect(stderr).not.toMatch(/^\s+at /m);
	});

	it.each(['bogus', 'lint,bogus', '', 'lint,,fast'])(
		'the check fails for a step that there is not: --only "%s"',
		(only) => {
			const { status, stdout, stderr } = command('check.js', `--only=${only}`);
			expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
			expect(stderr).toMatch(/There is no step ".*"\. There are: lint, types, fast, e2e/);
		},
	);

	it('the check watches the fast tests alone', () => {
		const { status, stderr } = command('check.js', '--watch', '--only=lint');
		expect(status).toBe(2);
		expect(stderr).toMatch(/^\n?--watch runs the fast tests alone\n\nUsage: /);
	});

	it('another n8n is named by a version, nothing else', () => {
		const install = "require('./scripts/lib/install').ensureRuntime(process.env)";
		const { status, stderr } = spawnSync(process.execPath, ['-e', install], {
			cwd: root,
			encoding: 'utf8',
			env: { ...process.env, N8N_VERSION: '../latest' },
		});
		expect(status).toBe(1);
		expect(stderr).toContain('N8N_VERSION must be a version such as 2.41.0, not "../latest"');
	});

	it('the benchmarks are named, by --help and for a name that there is not', () => {
		const benchmarks = readdirSync(join(root, 'bench'))
			.filter((file) => file.endsWith('.ts') && file !== 'support.ts')
			.map((file) => file.replace('.ts', ''));
		const { stdout } = command('bench.js', '--help');
		const { status, stderr } = command('bench.js', 'bogus');
		expect(status).toBe(2);
		expect(stderr).toContain('There is no benchmark "bogus"');
		for (const name of benchmarks) {
			expect(stdout).toMatch(new RegExp(`\\b${name}\\b`));
			expect(stderr).toMatch(new RegExp(`\\b${name}\\b`));
		}
	});

	it.each([
		['--port', '--port=x'],
		['--port', '--port=65535'],
		['--data', '--data='],
	])('the demo says what is wrong with %s', (option, given) => {
		const { status, stderr } = command('demo.js', given);
		expect(status).toBe(2);
		expect(stderr.trim()).toMatch(new RegExp(`^${option} must be `));
	});

	it('the pictures need a demo, and say so', () => {
		const { status, stderr } = command('screenshots.js', '--data', '/nowhere');
		expect(status).toBe(1);
		expect(stderr.trim()).toBe('There is no demo in /nowhere. Start one with npm run demo.');
	});
});
