import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(__dirname, '..', '..');
const pages = [
	'README.md',
	'SECURITY.md',
	'CONTRIBUTING.md',
	'CODE_OF_CONDUCT.md',
	...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const withoutCode = (text: string) => text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): string[] {
	const headings = textOf(page)
		.replace(/^```[^]*?^```/gm, '')
		.matchAll(/^#+ (.+)$/gm);
	return [...headings].map(([, heading]) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.replaceAll(' ', '-'),
	);
}

/** The links of a page into this project, each with the file and anchor it leads to. */
function linksOf(page: string): Array<{ link: string; file: string; anchor: string | undefined }> {
	const targets = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)];
	return targets
		.map(([, link]) => link)
		.filter((link) => !/^[a-z]+:/.test(link))
		.map((link) => {
			const [path, anchor] = link.split('#');
			const file = path === '' ? page : relative(root, join(root, dirname(page), path));
			return { link, file, anchor };
		});
}

describe.each(pages)('%s', (page) => {
	it('links to nothing that is not there', () => {
		const broken = linksOf(page).filter(
			({ file, anchor }) =>
				!existsSync(join(root, file)) ||
				(anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor)),
		);
		expect(broken).toEqual([]);
	});
});

it('every page of docs can be reached from the README', () => {
	const reached = new Set(['README.md']);
	for (const page of reached) {
		for (const { file } of linksOf(page)) if (pages.includes(file)) reached.add(file);
	}
	expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
