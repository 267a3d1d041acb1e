const { spawnSync } = require('node:child_process');

const { aptInstall } = require('./apt');
const { PlainError, run } = require('./run');

/**
 * The version of a package of Debian that is installed.
 * @returns {string | null}
 */
function packageVersion(name) {
	const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status} ${Version}', name], {
		encoding: 'utf8',
	});
	const [, version] = /^install ok installed (\S+)$/.exec(status === 0 ? stdout : '') ?? [];
	return version ?? null;
}

/** Installs packages of Debian where this user may; else says which are missing. */
async function ensurePackages(names) {
	const missing = () => names.filter((name) => packageVersion(name) === null);
	if (missing().length === 0) return;
	for (const { command, args } of aptInstall(missing())) {
		await run(command, args, { quiet: true, label: `Installing email clients (${command})` });
	}
	if (missing().length > 0) {
		throw new PlainError(
			`These packages of Debian are missing: ${missing().join(' ')}. Install them with apt-get, or run this as root.`,
		);
	}
}

module.exports = { ensurePackages, packageVersion };
