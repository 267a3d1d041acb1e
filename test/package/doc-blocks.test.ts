import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { readArchiveOptions } from '../../src/collector/command/archive-options';
import { readCollectOptions } from '../../src/collector/command/collect-options';
import { parseKeyRing } from '../../src/tracking/links/key-ring';

const root = join(__dirname, '..', '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(text('package.json')) as {
	name: string;
	scripts: Record<string, string>;
};
const pages = [
	...readdirSync(root).filter((name) => name.endsWith('.md')),
	...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];

/** The blocks of code on all pages. */
const blocks = pages.flatMap((page) =>
	[...text(page).matchAll(/^ *```(\S*)\n([^]*?)^ *```/gm)].map(([, language, code]) => ({
		page,
		language,
		code,
	})),
);

/** The test that runs the blocks of a page, where that is not this one. */
const RUN_BY: Record<string, string> = {
	'README.md sh': 'test/e2e/stranger.test.ts',
	'docs/adding-a-sink.md diff': 'test/e2e/journeys/engineer.test.ts',
	'docs/adding-a-sink.md sh': 'test/e2e/journeys/engineer.test.ts',
	'docs/adding-a-sink.md ts': 'test/e2e/journeys/engineer.test.ts',
	'docs/ai.md json': 'test/unit/reports/insights/insights.test.ts',
	'docs/archive.md sql': 'test/unit/collector/archive/documented-queries.test.ts',
	'docs/backup.md sh': 'test/package/backup.test.ts',
	'docs/docker.md ini': 'test/package/compose.test.ts',
	'docs/http-api.md bash': 'test/e2e/tracking-api.test.ts',
	'docs/installing.md sh': 'test/e2e/stranger.test.ts',
	'docs/open-event.md json': 'test/unit/tracking/event/open-event.test.ts',
	'docs/sinks.md json': 'test/unit/sinks/docs.test.ts',
	'docs/store-trouble.md sh': 'test/unit/collector/command/dead-letters-command.test.ts',
	'docs/tracking-links.md js': 'test/unit/mailer.test.ts',
	'docs/tracking-links.md ts': 'test/unit/mailer.test.ts',
};
/** Settings of other programs, pictures and addresses. */
const NOT_OURS = ['caddyfile', 'mermaid', 'nginx', 'sql', 'text'];
/** What these commands do is checked below. */
const CHECKED = ['json', 'sh', 'yaml'];

it('every block on a page is run or read by a test, or is nothing that can be run', () => {
	const unknown = blocks.filter(
		({ page, language }) =>
			RUN_BY[`${page} ${language}`] === undefined && ![...NOT_OURS, ...CHECKED].includes(language),
	);
	expect(unknown).toEqual([]);
});

it.each(Object.entries(RUN_BY))(
	'the blocks "%s" are there, and %s names their page',
	(key, test) => {
		const [page, language] = key.split(' ');
		expect(
			blocks.filter((block) => block.page === page && block.language === language),
		).not.toEqual([]);
		expect(text(test)).toContain(page.replace('docs/', ''));
	},
);

it('JSON and YAML can be read', () => {
	for (const { language, code } of blocks) {
		if (language === 'json') expect(JSON.parse(code)).toBeDefined();
		if (language !== 'yaml') continue;
		expect(parseAllDocuments(code).flatMap(({ errors }) => errors)).toEqual([]);
	}
});

/** The commands in blocks and in sentences, each on one line. */
const commands = pages.flatMap((page) => {
	const inBlocks = blocks
		.filter((block) => block.page === page && ['sh', 'bash'].includes(block.language))
		.flatMap(({ code }) => code.replace(/\\\n\s*/g, '').split('\n'));
	const inSentences = [...text(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
	return [...inBlocks, ...inSentences].map((command) => ({ page, command: command.trim() }));
});

describe('the commands on the pages', () => {
	it('are written as a shell takes them', () => {
		for (const { page, language, code } of blocks) {
			if (!['sh', 'bash'].includes(language)) continue;
			const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
			expect([page, status, stderr]).toEqual([page, 0, '']);
		}
	});

	it('run scripts that there are, with options that their help names', () => {
		const scripts = commands.flatMap(({ page, command }) => {
			const [, name, rest] = /(?:^| )npm run ([\w:-]+)((?: [^#&]*)?)$/.exec(command) ?? [];
			return name === undefined ? [] : [{ page, name, rest }];
		});
		expect(scripts.length).toBeGreaterThan(10);
		for (const { page, name, rest } of scripts) {
			expect([page, name, name in manifest.scripts]).toEqual([page, name, true]);
			const [, file] = /node (scripts\/\S+)/.exec(manifest.scripts[name]) ?? [];
			const options = [...rest.matchAll(/ (--[a-z][\w-]*)/g)].map(([, option]) => option);
			for (const option of options)
				expect([page, text(file!)]).toEqual([page, expect.stringContaining(option)]);
		}
	});

	it('of this package have options that it takes', () => {
		const environment = {
			TRACKING_DATABASE_URL: 'postgresql://localhost/opens',
			TRACKING_BROKER_URL: 'amqp://localhost',
			CLICKHOUSE_URL: 'http://localhost:8123',
		};
		const ours = commands.flatMap(({ command }) => {
			const [, name, rest] =
				/npx (?:--package \S+ )*n8n-nodes-email-open-tracking ([\w-]+)(.*)$/.exec(command) ?? [];
			return name === undefined ? [] : [{ name, rest: rest.replace(/ &$/, '') }];
		});
		expect(new Set(ours.map(({ name }) => name))).toEqual(
			new Set(['archive', 'capacity', 'collect', 'dead-letters', 'signing-key']),
		);
		for (const { rest } of ours.filter(({ name }) => name === 'collect')) {
			// What a shell would put in.
			const args = rest.replace(/\$\(\([^)]*\)\)/g, '8382').replace(/\$n/g, '1');
			const given = args.trim().split(/\s+/).filter(Boolean);
			if (given.length > 0) expect(readCollectOptions(given, environment)).not.toBeNull();
		}
		const folder = mkdtempSync(join(tmpdir(), 'doc-blocks-'));
		writeFileSync(join(folder, 'signing-keys.json'), '{}');
		const archives = ours.filter(({ name, rest }) => name === 'archive' && rest !== '');
		expect(archives.length).toBeGreaterThan(1);
		for (const { rest } of archives) {
			// Folders of somebody else's machine.
			const args = rest.trim().replace(/(--data|--keys) \S+/g, `$1 ${folder}`);
			expect(readArchiveOptions(args.split(/\s+/), environment)).not.toBeNull();
		}
		rmSync(folder, { recursive: true });
		const capacity = ours.filter(({ name, rest }) => name === 'capacity' && rest !== '');
		for (const { rest } of capacity) {
			const args = [join(root, 'dist/src/cli.js'), 'capacity', ...rest.trim().split(' ')];
			expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toContain('Collectors');
		}
	});

	it('name files of Compose that there are', () => {
		const files = commands.flatMap(({ command }) =>
			command.startsWith('docker compose ')
				? [...command.matchAll(/--file (\S+)/g)].map(([, file]) => file)
				: [],
		);
		expect(files).toEqual(['compose.yaml', 'compose.queue.yaml']);
		expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
	});

	it('make a signing key that can be used', () => {
		const [{ command }] = commands.filter((one) => one.command.includes('generateKey()'));
		const activeKey = execFileSync('sh', ['-c', command.replace(manifest.name, root)], {
			encoding: 'utf8',
			env: { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env.PATH}` },
		}).trim();
		expect(() => parseKeyRing({ activeKey })).not.toThrow();
	});
});
