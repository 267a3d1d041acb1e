const { existsSync } = require('node:fs');

/**
 * The commands that install packages of Debian, where this user may do that; else none.
 * @param {string[]} packages
 * @returns {Array<{command: string, args: string[]}>}
 */
function aptInstall(packages) {
	if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return [];
	return [
		{ command: 'apt-get', args: ['update', '-qq'] },
		{
			command: 'apt-get',
			args: ['install', '-y', '-qq', '--no-install-recommends', ...packages],
		},
	];
}

module.exports = { aptInstall };
