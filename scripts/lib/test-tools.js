const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');

const { aptInstall } = require('./apt');
const { run, say } = require('./run');

const KNOWN_PLACES = ['/usr/bin/strace', '/usr/local/bin/strace', '/bin/strace'];

/** @returns {string | null} the path of strace, which records what programs write */
function findStrace() {
	if (process.platform !== 'linux') return null;
	return KNOWN_PLACES.find((place) => existsSync(place)) ?? null;
}

/** @returns {string[] | undefined} the command that runs Compose, which reads files without Docker too */
function findCompose() {
	return [['docker', 'compose'], ['docker-compose']].find(
		([command, ...args]) => spawnSync(command, [...args, 'version']).status === 0,
	);
}

/** Installs a program that some tests need, where this user may. Without it those are left out. */
async function installForTests(name, what) {
	for (const { command, args } of aptInstall([name])) {
		try {
			await run(command, args, {
				quiet: true,
				label: `Installing ${name} for ${what} (${command})`,
			});
		} catch (error) {
			// The tests run without it, and name those that are left out.
			say(error.message.split('\n')[0]);
		}
	}
}

/** Sees to it that strace is there for the test of power cuts. */
async function ensureStrace() {
	if (process.platform !== 'linux' || findStrace()) return;
	await installForTests('strace', 'the test of power cuts');
}

/** Sees to it that Compose is there for the test of `compose.yaml`. */
async function ensureCompose() {
	if (!findCompose()) await installForTests('docker-compose', 'the test of the Docker files');
}

module.exports = { ensureCompose, ensureStrace, findCompose, findStrace };
