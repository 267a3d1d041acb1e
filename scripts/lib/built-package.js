const { createHash } = require('node:crypto');
const {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const { projectFolder } = require('./paths');
const { run } = require('./run');

/** Compiles the package into `dist/`. */
async function build(env) {
	await run('npx', ['gulp', 'build', '--silent'], {
		cwd: projectFolder,
		env,
		quiet: true,
		label: 'Building the nodes',
	});
}

/**
 * Packs what `npm publish` would and installs it the way n8n installs a community package: no
 * install scripts, no development, peer or optional dependencies.
 * @param {string} nodesFolder `<n8n folder>/nodes`; does nothing when it holds this very build
 * @param {NodeJS.ProcessEnv} env
 */
async function installBuiltPackage(nodesFolder, env) {
	const packFolder = mkdtempSync(join(tmpdir(), 'email-open-tracking-pack-'));
	try {
		const printed = await run('npm', ['pack', '--json', '--pack-destination', packFolder], {
			cwd: projectFolder,
			env,
			quiet: true,
		});
		const [{ filename }] = JSON.parse(printed.slice(printed.indexOf('[\n')));
		const tarball = join(packFolder, filename);
		const hash = createHash('sha256').update(readFileSync(tarball)).digest('hex');
		const note = join(nodesFolder, '.built-package');
		if (existsSync(note) && readFileSync(note, 'utf8') === hash) return;
		rmSync(nodesFolder, { recursive: true, force: true });
		mkdirSync(nodesFolder, { recursive: true });
		writeFileSync(join(nodesFolder, 'package.json'), '{"private":true}\n');
		await run(
			'npm',
			[
				'install',
				tarball,
				'--no-save',
				'--ignore-scripts',
				'--omit=dev',
				'--omit=peer',
				'--omit=optional',
				'--legacy-peer-deps',
				'--prefer-offline',
				'--no-audit',
				'--no-fund',
			],
			{ cwd: nodesFolder, env, quiet: true, label: 'Installing the built nodes into n8n' },
		);
		writeFileSync(note, hash);
	} finally {
		rmSync(packFolder, { recursive: true, force: true });
	}
}

module.exports = { build, installBuiltPackage };
