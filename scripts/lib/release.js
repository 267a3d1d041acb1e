const { createHash } = require('node:crypto');

const { PlainError } = require('./run');

/** What stands in `package.json` until the maintainers fill it in. */
const PLACEHOLDERS = {
	author: (manifest) => manifest.author.email.endsWith('.example'),
	repository: (manifest) =>
		manifest.repository.url.includes(
			'/n8n-nodes-email-open-tracking/n8n-nodes-email-open-tracking',
		),
};

/**
 * The fields of `package.json` that still hold a placeholder. All names and addresses of the
 * maintainers stand there; a test compares the other files with them.
 * @param {{author: {email: string}, repository: {url: string}}} manifest
 * @returns {string[]}
 */
function placeholdersIn(manifest) {
	return Object.keys(PLACEHOLDERS).filter((field) => PLACEHOLDERS[field](manifest));
}

/**
 * The notes of a release: what the changelog says of the version, and the hash of the tarball, which
 * n8n asks for where community packages are installed from its environment.
 * @param {{tag: string, manifest: any, changelog: string, tarball: Buffer}} release
 * @returns {string}
 * @throws where this must not be published
 */
function releaseNotes({ tag, manifest, changelog, tarball }) {
	const { name, version } = manifest;
	if (tag !== `v${version}`) {
		throw new PlainError(
			`The tag ${tag} is not the version of package.json, ${version}. Tag the commit with v${version}, or change the version first.`,
		);
	}
	const placeholders = placeholdersIn(manifest);
	if (placeholders.length > 0) {
		throw new PlainError(
			`package.json still holds a placeholder in: ${placeholders.join(', ')}. Fill it in before you publish.`,
		);
	}
	const sections = changelog.split(/^## /m).slice(1);
	const section = sections.find(
		(text) => /^(\S+) \(\d{4}-\d\d-\d\d\)\n/.exec(text)?.[1] === version,
	);
	if (section === undefined) {
		throw new PlainError(
			`CHANGELOG.md has no section "## ${version} (YYYY-MM-DD)". Rename "Unreleased" to it, with today's date.`,
		);
	}
	const changes = section.slice(section.indexOf('\n')).trim();
	if (changes === '') throw new PlainError(`CHANGELOG.md says nothing about ${version}.`);
	const integrity = createHash('sha512').update(tarball).digest('base64');
	return `${changes}

## Checksum

\`\`\`
${name}-${version}.tgz
sha512-${integrity}
\`\`\`

This is the \`checksum\` of an entry in \`N8N_COMMUNITY_PACKAGES\`, and what \`npm view ${name}@${version} dist.integrity\` prints.
`;
}

module.exports = { placeholdersIn, releaseNotes };
