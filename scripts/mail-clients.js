/**
 * `npm run mail-clients` reads one email in real email clients and writes what was seen into
 * docs/mail-clients.md. It fails when a reader is called a machine.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { readOptions, wrongUsage } = require('./lib/arguments');
const { ensurePackages, packageVersion } = require('./lib/debian-packages');
const { ensureDependencies } = require('./lib/install');
const { projectFolder } = require('./lib/paths');
const { runMain, say, withProgress } = require('./lib/run');

const USAGE = `Usage: npm run mail-clients [-- --only <names>]

Reads an email with a pixel in the email clients of Debian, on a screen that nobody sees, and writes
what they loaded to docs/mail-clients.md. As root it installs what is missing.

  --only <names>   only these, with commas between, and leaves the page as it is
  --help           this text`;

const PAGE = join(projectFolder, 'docs', 'mail-clients.md');
/** What the test itself needs, besides the programs. */
const NEEDS = ['xvfb', 'xdotool', 'dovecot-imapd', 'dbus-daemon'];

function chosenPrograms(only) {
	const { PROGRAMS } = require('./lib/mail-clients/programs');
	if (only === undefined) return PROGRAMS;
	const ids = only.split(',').map((id) => id.trim());
	const known = PROGRAMS.map(({ id }) => id);
	const unknown = ids.find((id) => !known.includes(id));
	if (unknown !== undefined) {
		throw wrongUsage(`There is no program "${unknown}". There are: ${known.join(', ')}`, USAGE);
	}
	return PROGRAMS.filter(({ id }) => ids.includes(id));
}

runMain(async () => {
	const { only } = readOptions(USAGE, { only: { type: 'string' } });
	await ensureDependencies();
	// The rules and the snippet under test are TypeScript.
	// @ts-expect-error tsx tells its types to newer module resolutions only
	require('tsx/cjs/api').register();
	const { readIn } = require('./lib/mail-clients/measure');
	const { withTable } = require('./lib/mail-clients/table');
	const programs = chosenPrograms(only);
	await ensurePackages([
		...new Set([...NEEDS, ...programs.flatMap(({ about, needs = [] }) => [about, ...needs])]),
	]);

	const rows = [];
	for (const program of programs) {
		const { name, about } = program;
		const version = upstream(packageVersion(about));
		try {
			const seen = await withProgress(`${name} ${version}`, () => readIn(program));
			rows.push({ name, version, seen, notRun: null });
		} catch (error) {
			// The others are still worth running; at the end this one is named, and the command fails.
			rows.push({ name, version, seen: null, notRun: error.message.split('\n')[0] });
		}
	}

	const day = new Date().toISOString().slice(0, 10);
	const page = withTable(readFileSync(PAGE, 'utf8'), rows, day);
	if (only === undefined) writeFileSync(PAGE, page);
	else say(page);
	const wrong = rows.filter(({ seen }) => seen !== null && !seen.counted);
	const notRun = rows.filter(({ seen }) => seen === null);
	for (const { name } of wrong) say(`Called a machine, though a person reads in it: ${name}`);
	for (const row of notRun) say(`Not run here: ${row.name}, because ${row.notRun}`);
	say(
		`${rows.length - notRun.length} programs run, ${wrong.length} called machines, ${notRun.length} not run`,
	);
	process.exitCode = wrong.length === 0 && notRun.length === 0 ? 0 : 1;
});

/** Debian puts an epoch before the version of a program and its own revision behind it. */
function upstream(version) {
	return String(version)
		.replace(/^\d+:/, '')
		.replace(/-[^-]*$/, '');
}
