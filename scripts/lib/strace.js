const { existsSync } = require('node:fs');

const { aptInstall } = require('./apt');
const { run, say } = require('./run');

const KNOWN_PLACES = ['/usr/bin/strace', '/usr/local/bin/strace', '/bin/strace'];

/** @returns {string | null} the path of strace, which records what programs write */
function findStrace() {
	if (process.platform !== 'linux') return null;
	return KNOWN_PLACES.find((place) => existsSync(place)) ?? null;
}

/** Installs strace for the test of power cuts, where this user may. Without it that test is left out. */
async function ensureStrace() {
	if (findStrace() || process.platform !== 'linux') return;
	for (const { command, args } of aptInstall(['strace'])) {
		try {
			const label = `Installing strace for the test of power cuts (${command})`;
			await run(command, args, { quiet: true, label });
		} catch (error) {
			// The tests run without it, and name the one that is left out.
			say(error.message.split('\n')[0]);
		}
	}
}

module.exports = { ensureStrace, findStrace };
