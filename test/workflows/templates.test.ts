import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundledWorkflow } from '../support/n8n-instance';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs/templates.md'), 'utf8');
const titles = [...page.matchAll(/^\| `(\S+\.json)` +\| (.+?) +\|$/gm)].map(([, file, title]) => ({
	file,
	title,
}));
const disclaimer = /^> (.+)$/m.exec(page)![1];

/** What n8n's guidelines for templates want left out: pictures for words, and praise. */
const HYPE =
	/\p{Extended_Pictographic}|!|\b(amazing|powerful|ultimate|seamless\w*|effortless\w*|game.chang\w*|revolution\w*|best|simply|easily)\b/iu;
/** They ask for about 200 words. */
const WORDS = { least: 60, most: 450 };

/** The text for n8n's library: disclaimer, then the green note without its title. */
function descriptionOf(file: string): { heading: string; text: string } {
	const note = bundledWorkflow(file)
		.nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote')
		.map(({ parameters }) => String(parameters.content))
		.find((content) => content.includes('### Who it is for'))!;
	const [heading, ...lines] = note.split('\n');
	return { heading, text: `> ${disclaimer}\n${lines.join('\n')}` };
}

it('there is a template text for every bundled workflow', () => {
	const files = readdirSync(join(root, 'workflows')).filter((name) => name.endsWith('.json'));
	expect(titles.map(({ file }) => file).sort()).toEqual(files.sort());
});

describe.each(titles)('the template $file', ({ file, title }) => {
	const { heading, text } = descriptionOf(file);

	it('has the title of its workflow: a verb and a thing, short, without praise', () => {
		expect(bundledWorkflow(file).name).toBe(title);
		expect(heading).toBe(`## ${title}`);
		expect(title.length).toBeLessThanOrEqual(70);
		expect(title).toMatch(/^(Ask|Collect|Follow|Import|Record|See|Send|Serve) [^.]+$/);
		expect(title).not.toMatch(HYPE);
	});

	it('begins with the disclaimer, and says who it is for, how it works and how to set it up', () => {
		expect(text).toMatch(/^> \*\*Self-hosted n8n only\.\*\*.*community node/);
		const sections = ['### Who it is for', '### How it works', '### How to set up'];
		const places = sections.map((section) => text.indexOf(section));
		expect(places.every((place) => place > 0)).toBe(true);
		expect(places).toEqual([...places].sort((a, b) => a - b));
	});

	it('is of a length that people read, and has no praise, address or HTML outside of code', () => {
		const count = text.split(/\s+/).length;
		expect(count).toBeGreaterThanOrEqual(WORDS.least);
		expect(count).toBeLessThanOrEqual(WORDS.most);
		const prose = text.replace(/```[^]*?```|`[^`]*`/g, '');
		expect(prose).not.toMatch(HYPE);
		expect(prose).not.toMatch(/<\w|@/);
	});
});

describe.each(titles)('with n8n 3, $file', ({ file }) => {
	const { nodes } = bundledWorkflow(file);

	it('has no node, mode or helper that is gone there', () => {
		const GONE = /\.(function|functionItem|itemLists|aiTransform)$|langchain\.code$/;
		expect(nodes.filter(({ type }) => GONE.test(type))).toEqual([]);
		const agents = nodes.filter(({ type }) => type.endsWith('langchain.agent'));
		expect(agents.filter(({ typeVersion }) => typeVersion < 2)).toEqual([]);
		const calls = nodes.filter(({ type }) => type === 'n8n-nodes-base.executeWorkflow');
		expect(calls.filter(({ parameters }) => parameters.mode === 'each')).toEqual([]);
		expect(JSON.stringify(nodes)).not.toContain('$getPairedItem');
	});

	it('adds no empty item where a node has several outputs', () => {
		const several = nodes.filter(({ type }) => /\.(if|switch|trackingConsentFilter)$/.test(type));
		expect(several.filter((node) => 'alwaysOutputData' in node)).toEqual([]);
	});
});
