import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { SINKS } from '../../../src/sinks/registry';
import type { Sink } from '../../../src/sinks/sink';

const ROOT = path.join(__dirname, '..', '..', '..');
const DESTINATIONS = path.join(ROOT, 'src', 'sinks', 'destinations');

/** `UPDATE_CREDENTIALS=1` writes the files and the lines of package.json instead. */
const update = process.env.UPDATE_CREDENTIALS === '1';

describe('the credential types of the destinations', () => {
	it.each(SINKS.map((sink) => [sink.displayName, sink] as const))(
		'%s has its class file, as the registry says',
		(_name, sink) => {
			const file = path.join(ROOT, 'credentials', `${classNameOf(sink)}.credentials.ts`);
			const wanted = classFile(sink);
			if (update) writeFileSync(file, wanted);
			expect(readFileSync(file, 'utf8')).toBe(wanted);
		},
	);

	it('are all listed in package.json, and nothing else is', () => {
		const file = path.join(ROOT, 'package.json');
		const manifest = JSON.parse(readFileSync(file, 'utf8')) as { n8n: { credentials: string[] } };
		const wanted = readdirSync(path.join(ROOT, 'credentials'))
			.filter((name) => name.endsWith('.credentials.ts'))
			.sort()
			.map((name) => `dist/credentials/${name.replace(/\.ts$/, '.js')}`);
		if (update) {
			manifest.n8n.credentials = wanted;
			writeFileSync(file, `${JSON.stringify(manifest, null, '\t')}\n`);
		}
		expect(manifest.n8n.credentials).toEqual(wanted);
	});
});

function classNameOf(sink: Sink): string {
	const { name } = sink.credential;
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** n8n wants a class in a file of its own, and its linter wants these values as literals. */
function classFile(sink: Sink): string {
	const { credential } = sink;
	const moduleName = readdirSync(DESTINATIONS)
		.map((name) => name.replace(/\.ts$/, ''))
		.find((name) =>
			readFileSync(path.join(DESTINATIONS, `${name}.ts`), 'utf8').includes(
				`export const ${sink.name} = `,
			),
		);
	const login = credential.authenticate
		? `\n\n\tauthenticate = credentialLogin(${sink.name}.credential);`
		: '';
	const oneLine = `\tdocumentationUrl = '${credential.docsUrl}';`;
	// As the formatter wraps it: a tab counts as two columns, a line has a hundred at most.
	const documentationUrl = oneLine.length + 1 > 100 ? oneLine.replace(' = ', ' =\n\t\t') : oneLine;
	const helpers = ['credentialProperties', ...(credential.authenticate ? ['credentialLogin'] : [])];
	return `import type { Icon, ICredentialType } from 'n8n-workflow';

import { ${sink.name} } from '../src/sinks/destinations/${moduleName}';
import { ${helpers.sort().join(', ')} } from './sink-credential';

export class ${classNameOf(sink)} implements ICredentialType {
	name = '${credential.name}';
${credential.oauth2 ? "\n\textends = ['oAuth2Api'];\n" : ''}
	displayName = '${credential.displayName}';

	icon = {
		light: 'file:../icons/sink.svg',
		dark: 'file:../icons/sink.dark.svg',
	} as const satisfies Icon;

${documentationUrl}

	properties = credentialProperties(${sink.name}.credential);${login}
}
`;
}
