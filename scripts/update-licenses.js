/** Lists the licenses of what an installation brings along in THIRD_PARTY_LICENSES.md. */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { readOptions } = require('./lib/arguments');
const { projectFolder } = require('./lib/paths');
const { productionPackages } = require('./lib/production-packages');
const { PlainError, runMain, say } = require('./lib/run');

const USAGE = `Usage: npm run update:licenses [-- --check]

Writes THIRD_PARTY_LICENSES.md from package-lock.json.

  --check   writes nothing, and fails if the file is not up to date
  --help    this text`;

function listText() {
	const rows = productionPackages().map(
		({ published, version, license }) =>
			`| [${published}](https://www.npmjs.com/package/${published}/v/${version}) | ${version} | ${license} |`,
	);
	return `# Licenses of other packages

An installation of this package brings these along. Each has its license text in its own folder or
on its page. This list is made from \`package-lock.json\` by \`npm run update:licenses\`.

| Package | Version | License |
|---|---|---|
${rows.join('\n')}
`;
}

runMain(async () => {
	const { check } = readOptions(USAGE, { check: { type: 'boolean', default: false } });
	const file = join(projectFolder, 'THIRD_PARTY_LICENSES.md');
	if (!check) {
		writeFileSync(file, listText());
		say(`Wrote ${file}`);
	} else if (readFileSync(file, 'utf8') !== listText()) {
		throw new PlainError('THIRD_PARTY_LICENSES.md is not up to date. Run npm run update:licenses.');
	}
});
