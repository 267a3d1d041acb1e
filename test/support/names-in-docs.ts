import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { WorkflowJson } from './n8n-instance';

const root = join(__dirname, '..', '..');
const filesOf = (folder: string, ending: string) =>
	readdirSync(join(root, folder))
		.filter((name) => name.endsWith(ending))
		.map((name) => `${folder}/${name}`);

/** The bundled workflows, each with the file it is in. */
function workflows(): Array<WorkflowJson & { file: string }> {
	return filesOf('workflows', '.json').map((file) => ({
		...(JSON.parse(readFileSync(join(root, file), 'utf8')) as WorkflowJson),
		file,
	}));
}

/** What bundled workflows and the nodes in them are called. */
export function namesInWorkflows(): string[] {
	return workflows().flatMap(({ name, nodes }) => [name, ...nodes.map((node) => node.name)]);
}

/**
 * Everything that README, docs and the notes in bundled workflows name as something on screen, with
 * where it stands: what is in italics and begins with a capital, what is in bold and a path with
 * arrows, and the first column of tables of options.
 */
export function namesInDocs(): Array<{ file: string; name: string }> {
	// The page on adding a destination is about code, not about panels.
	const pages = ['README.md', ...filesOf('docs', '.md')]
		.filter((file) => file !== 'docs/adding-a-sink.md')
		.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
	const notes = workflows().flatMap(({ file, nodes }) =>
		nodes
			.filter(({ type }) => type === 'n8n-nodes-base.stickyNote')
			.map(({ parameters }) => ({ file, text: String(parameters.content) })),
	);
	return [...pages, ...notes].flatMap(({ file, text }) => {
		const prose = withoutCode(text);
		return [...emphasised(prose), ...optionsInTables(prose)].map((name) => ({ file, name }));
	});
}

function withoutCode(markdown: string): string {
	return markdown.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code');
}

/** Texts between asterisks; lines are joined, because a name can go on in the next one. */
function emphasised(markdown: string): string[] {
	const text = markdown.replace(/(\S)[ \t]*\n[ \t]*(?=[^\s|*#-])/g, '$1 ');
	const bold = [...text.matchAll(/\*\*([^*\n]+)\*\*/g)].map(([, name]) => name);
	const rest = text.replace(/\*\*[^*\n]+\*\*/g, '');
	const italic = [...rest.matchAll(/(?<![\w*])\*(\p{Lu}[^*\n]*)\*/gu)].map(([, name]) => name);
	return [...bold.filter((name) => name.includes('→')), ...italic];
}

/** The first cells of tables whose first column is headed Option. */
function optionsInTables(markdown: string): string[] {
	return [...markdown.matchAll(/^\| Option \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/gm)].flatMap(
		([, rows]) =>
			rows
				.trim()
				.split('\n')
				.map((row) => row.split('|')[1].trim()),
	);
}
