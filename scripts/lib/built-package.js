const { createHash, randomUUID } = require('node:crypto');
const {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} = require('node:fs');
const { tmpdir } = require('node:os');
const { basename, dirname, join, relative } = require('node:path');

const { alone } = require('./lock');
const { projectFolder } = require('./paths');
const { PlainError, run } = require('./run');

const dist = join(projectFolder, 'dist');
/** What the build reads; `dist` holds the hash of it in a file that is not published. */
const SOURCES = [
	'src',
	'nodes',
	'credentials',
	'icons',
	'data',
	'package.json',
	'package-lock.json',
	'tsconfig.json',
	'tsconfig.build.json',
	'gulpfile.js',
];
const SOURCES_NOTE = '.sources';
/** What is published beside `dist`. */
const PUBLISHED = ['workflows', 'package.json', 'index.js', 'README.md', 'LICENSE'];
const PACKAGE_NOTE = '.built-package';

/** Compiles the package into `dist/`, unless it holds what the sources say now. */
async function build(env) {
	if (isBuilt()) return;
	await run('npx', ['gulp', 'build', '--silent'], {
		cwd: projectFolder,
		env,
		quiet: true,
		label: 'Building the nodes',
	});
}

function isBuilt() {
	return noteIn(dist, SOURCES_NOTE) === hashOf(SOURCES);
}

/**
 * Makes `dist/` anew where the sources have changed, in a folder that takes its place when it is
 * complete, so that nothing that reads `dist` meanwhile finds half of it.
 * @param {(folder: string) => Promise<void>} compile puts what belongs into `dist` into `folder`
 * @returns {Promise<boolean>} whether there was anything to do
 */
async function makeDist(compile) {
	return await alone(dist, async () => {
		if (isBuilt()) return false;
		// Taken before, so that a file that is edited meanwhile is compiled again the next time.
		const hash = hashOf(SOURCES);
		await replaceFolder(dist, join(projectFolder, '.cache'), async (folder) => {
			await compile(folder);
			writeFileSync(join(folder, SOURCES_NOTE), hash);
		});
		return true;
	});
}

/**
 * Packs what `npm publish` would and installs it the way n8n installs a community package: no
 * install scripts, no development, peer or optional dependencies.
 * @param {string} nodesFolder `<n8n folder>/nodes`; does nothing when it holds this very build
 * @param {NodeJS.ProcessEnv} env
 */
async function installBuiltPackage(nodesFolder, env) {
	await alone(nodesFolder, async () => {
		const wanted = await alone(dist, async () => packageHash());
		if (noteIn(nodesFolder, PACKAGE_NOTE) === wanted) return;
		const work = mkdtempSync(join(tmpdir(), 'email-open-tracking-pack-'));
		try {
			const { tarball, hash } = await alone(dist, async () => ({
				tarball: await pack(work, env),
				hash: packageHash(),
			}));
			await replaceFolder(nodesFolder, dirname(nodesFolder), async (folder) => {
				writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
				await installTarball(tarball, folder, env);
				writeFileSync(join(folder, PACKAGE_NOTE), hash);
			});
		} finally {
			rmSync(work, { recursive: true, force: true });
		}
	});
}

/** The hash of all that `npm pack` takes. */
function packageHash() {
	const sources = noteIn(dist, SOURCES_NOTE);
	if (sources === null) throw new PlainError('There is no build yet. Run npm run build first.');
	return `${sources} ${hashOf(PUBLISHED)}`;
}

/** Packs the package into `folder`; gives the path of the tarball. */
async function pack(folder, env) {
	const printed = await run('npm', ['pack', '--json', '--pack-destination', folder], {
		cwd: projectFolder,
		env,
		quiet: true,
	});
	const [{ filename }] = JSON.parse(printed.slice(printed.indexOf('[\n')));
	return join(folder, filename);
}

async function installTarball(tarball, folder, env) {
	const args = [
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
	];
	await run('npm', args, {
		cwd: folder,
		env,
		quiet: true,
		label: 'Installing the built nodes into n8n',
	});
}

/**
 * Fills a new folder and puts it in the place of `target`.
 * @param {string} target
 * @param {string} near a folder on the same disk, for what is not complete
 * @param {(folder: string) => Promise<void>} fill
 */
async function replaceFolder(target, near, fill) {
	const made = join(near, `${basename(target)}-${randomUUID()}`);
	const old = `${made}-old`;
	mkdirSync(made, { recursive: true });
	try {
		await fill(made);
		if (existsSync(target)) renameSync(target, old);
		renameSync(made, target);
	} finally {
		for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true });
	}
}

/** What a folder's note says, `null` without one. */
function noteIn(folder, name) {
	const file = join(folder, name);
	return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** The hash of files and folders of the project, with their names. */
function hashOf(paths) {
	const hash = createHash('sha256');
	for (const file of paths.flatMap((path) => filesOf(join(projectFolder, path)))) {
		const bytes = readFileSync(file);
		hash.update(`${relative(projectFolder, file)} ${bytes.length}\n`).update(bytes);
	}
	return hash.digest('hex');
}

function filesOf(path) {
	if (!statSync(path).isDirectory()) return [path];
	return readdirSync(path)
		.sort()
		.flatMap((name) => filesOf(join(path, name)));
}

module.exports = { build, installBuiltPackage, makeDist };
