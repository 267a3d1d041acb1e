/** Prints the notes of a release, or says why it must not be published. `release.yml` runs it. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const { readOptions, wrongUsage } = require('./lib/arguments');
const { projectFolder } = require('./lib/paths');
const { releaseNotes } = require('./lib/release');
const { runMain, say } = require('./lib/run');

const USAGE = `Usage: node scripts/release-notes.js --tag <tag> --tarball <file>

Prints the notes of a release, with the hash of its tarball. Fails where the tag is not the version
of package.json, the changelog has no dated section for it, or a placeholder is not filled in.

  --tag <tag>        the tag that is published, such as v1.2.3
  --tarball <file>   what npm pack made
  --help             this text`;

runMain(async () => {
	const { tag, tarball } = readOptions(USAGE, {
		tag: { type: 'string' },
		tarball: { type: 'string' },
	});
	if (!tag || !tarball) throw wrongUsage('--tag and --tarball are required', USAGE);
	const text = (name) => readFileSync(join(projectFolder, name), 'utf8');
	const manifest = JSON.parse(text('package.json'));
	say(
		releaseNotes({
			tag,
			manifest,
			changelog: text('CHANGELOG.md'),
			tarball: readFileSync(tarball),
		}).trimEnd(),
	);
});
