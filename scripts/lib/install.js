const { createHash } = require('node:crypto');
const { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { delimiter, dirname, join } = require('node:path');

const { alone } = require('./lock');
const {
	clickHouseFolder,
	n8nVersion,
	node24Folder,
	pinnedFolder,
	projectFolder,
	runtimeFolder,
} = require('./paths');
const { PlainError, run } = require('./run');

const MINIMUM_NODE = 24;
/**
 * Not `ci`: some registries lack optional packages for other systems, which `ci` insists on. This
 * installs what the lock file says as well, and leaves that file alone.
 */
const AS_LOCKED = ['install', '--no-save'];

/** Whether `folder` holds exactly what its lock file says, as far as the last install noted it. */
function isInstalled(folder) {
	const note = join(folder, 'node_modules', '.installed');
	return existsSync(note) && readFileSync(note, 'utf8') === lockHash(folder);
}

function lockHash(folder) {
	return createHash('sha256')
		.update(readFileSync(join(folder, 'package-lock.json')))
		.digest('hex');
}

/**
 * Installs what the lock file of a folder says, unless that is done.
 * @param {string} folder
 * @param {string} label
 * @param {{env?: NodeJS.ProcessEnv, command?: string[], scripts?: boolean}} [options] `scripts`
 *   lets the packages run their install scripts
 */
async function npmInstall(folder, label, { env, command = ['ci'], scripts = false } = {}) {
	if (isInstalled(folder)) return;
	await alone(folder, async () => {
		// Another process may have done it meanwhile.
		if (isInstalled(folder)) return;
		await run('npm', [...command, '--no-audit', '--no-fund'], {
			cwd: folder,
			env: {
				...(env ?? process.env),
				// `npm run` hands the settings of this project down, and its packages need no scripts.
				npm_config_ignore_scripts: String(!scripts),
				// A package that n8n depends on reports each installation to its author's service.
				SCARF_ANALYTICS: 'false',
			},
			quiet: true,
			label,
		});
		writeFileSync(join(folder, 'node_modules', '.installed'), lockHash(folder));
	});
}

/** Installs what the build and the tests need. */
async function ensureDependencies() {
	await npmInstall(projectFolder, 'Installing the packages of the project (about a minute)');
}

/**
 * Makes sure of a Node.js that n8n runs on, and gives the environment to start programs on it.
 * @returns {Promise<NodeJS.ProcessEnv>} the environment with that Node.js first on PATH
 */
async function ensureNode24() {
	if (Number(process.versions.node.split('.')[0]) >= MINIMUM_NODE) {
		return { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
	}
	await npmInstall(node24Folder, `Installing Node.js ${MINIMUM_NODE} for n8n`, { scripts: true });
	const packageFolder = join(node24Folder, 'node_modules', 'node');
	const program = join(packageFolder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
	if (!existsSync(program)) {
		throw new PlainError(
			`Node.js ${MINIMUM_NODE} could not be installed for ${process.platform} ${process.arch}. Install it yourself (https://nodejs.org) and run the same command with it.`,
		);
	}
	const headers = join(
		packageFolder,
		'node_modules',
		`node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
	);
	return {
		...process.env,
		PATH: [join(packageFolder, 'bin'), process.env.PATH].join(delimiter),
		// Native parts of n8n compile against the headers that came with this Node.js.
		...(existsSync(join(headers, 'include')) && { npm_config_nodedir: headers }),
	};
}

/**
 * Installs n8n: the pinned one of `runtime/`, or the one that the variable `N8N_VERSION` names.
 * @param {NodeJS.ProcessEnv} env as from {@link ensureNode24}
 */
async function ensureRuntime(env) {
	if (runtimeFolder !== pinnedFolder) await describeOtherN8n(env);
	await npmInstall(
		runtimeFolder,
		`Installing n8n ${n8nVersion} (2 GB, three to five minutes the first time)`,
		{
			env,
			scripts: true,
			command: AS_LOCKED,
		},
	);
}

/** Installs the engine of a current ClickHouse, which is no package of Debian, for the tests of the archive. */
async function installClickHouseEngine() {
	await npmInstall(clickHouseFolder, 'Installing the engine of ClickHouse for the tests (550 MB)', {
		command: AS_LOCKED,
	});
}

/** Writes what npm installs another n8n by: as the pinned one, with a lock file of its own. */
async function describeOtherN8n(env) {
	if (!/^\d+\.\d+\.\d+$/.test(n8nVersion)) {
		throw new PlainError(`N8N_VERSION must be a version such as 2.41.0, not "${n8nVersion}"`);
	}
	if (existsSync(join(runtimeFolder, 'package-lock.json'))) return;
	mkdirSync(runtimeFolder, { recursive: true });
	const manifest = JSON.parse(readFileSync(join(pinnedFolder, 'package.json'), 'utf8'));
	manifest.dependencies.n8n = n8nVersion;
	writeFileSync(join(runtimeFolder, 'package.json'), JSON.stringify(manifest, null, '\t'));
	copyFileSync(join(pinnedFolder, '.npmrc'), join(runtimeFolder, '.npmrc'));
	await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
		cwd: runtimeFolder,
		env,
		quiet: true,
		label: `Looking up what n8n ${n8nVersion} needs`,
	});
}

module.exports = { ensureDependencies, ensureNode24, ensureRuntime, installClickHouseEngine };
