import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import ts from 'typescript';

import { SINKS } from '../../../src/sinks/registry';
import type { Sink } from '../../../src/sinks/sink';
import { readOptions } from '../../../src/sinks/sink-parameters';
import { anOpen, answer, bodyOf, run } from './harness';

const ROOT = path.join(__dirname, '../../..');
const SINKS_PAGE = path.join(ROOT, 'docs/sinks.md');
const GUIDE = path.join(ROOT, 'docs/adding-a-sink.md');
const START = '<!-- table: start -->';
const END = '<!-- table: end -->';

describe('docs/sinks.md', () => {
	it('has the table that the registry makes', () => {
		const page = readFileSync(SINKS_PAGE, 'utf8');
		const before = page.slice(0, page.indexOf(START) + START.length);
		const after = page.slice(page.indexOf(END));
		const expected = `${before}\n${table()}\n${after}`;
		if (process.env.UPDATE_DOCS) writeFileSync(SINKS_PAGE, expected);
		expect(readFileSync(SINKS_PAGE, 'utf8')).toBe(expected);
	});

	it('speaks of every CRM', () => {
		const page = readFileSync(SINKS_PAGE, 'utf8');
		for (const { displayName } of SINKS.filter((sink) => sink.kind === 'crm')) {
			expect(page).toContain(`| ${displayName} |`);
		}
	});
});

function table(): string {
	const rows = SINKS.map((sink) => {
		const { records, bytes } = sink.limits(readDefaults(sink));
		return [
			`[${sink.displayName}](${sink.docsUrl})`,
			sink.kind,
			`${records} records, ${bytes / 1000} kB`,
			sink.clickIs ?? 'refused',
			sink.deduplication ?? 'no',
			`\`${sink.overrideExample}\``,
			sink.fields.map((field) => `\`${field}\``).join(' '),
		];
	});
	const lines = [
		[
			'Destination',
			'Kind',
			'Most in one request',
			'A click is',
			'Knows a repeat by',
			'Override',
			'Event fields it sends',
		],
		Array<string>(7).fill('---'),
		...rows,
	];
	return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function readDefaults(sink: Sink) {
	return readOptions(
		sink.parameters.map((one) => (one.type === 'string' ? { ...one, required: false } : one)),
		{},
	);
}

describe('docs/adding-a-sink.md', () => {
	const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '';
	const file = path.join(ROOT, 'src/sinks/destinations/example-crm.ts');

	it('shows code that compiles under the settings of this package', () => {
		const config = ts.getParsedCommandLineOfConfigFile(
			path.join(ROOT, 'tsconfig.json'),
			{},
			{
				...ts.sys,
				onUnRecoverableConfigFileDiagnostic: (fault) => {
					throw new Error(String(fault.messageText));
				},
			},
		);
		const options = { ...config?.options, noEmit: true, types: ['node'] };
		const host = ts.createCompilerHost(options);
		const { fileExists, readFile, getSourceFile } = host;
		host.fileExists = (name) => name === file || fileExists.call(host, name);
		host.readFile = (name) => (name === file ? code : readFile.call(host, name));
		host.getSourceFile = (name, version, ...rest) =>
			name === file
				? ts.createSourceFile(name, code, version)
				: getSourceFile.call(host, name, version, ...rest);
		const program = ts.createProgram([file], options, host);
		const messages = ts
			.getPreEmitDiagnostics(program)
			.map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, '\n'));
		expect(messages).toEqual([]);
	});

	it('shows a sink that does what the page says', async () => {
		const exampleCrm = load();
		const events = [
			anOpen(1, { recipientId: 'ada@example.com' }),
			anOpen(2, { recipientId: 'grace@example.com' }),
			anOpen(3, { recipientId: 'ada@example.com' }),
			anOpen(4, { recipientId: 'mary@example.com' }),
		];
		const { requests, deliveries } = await run(exampleCrm, events, [
			answer(200, {
				results: [
					{ status: 'ok', message: '' },
					{ status: 'invalid', message: 'contact is archived' },
					{ status: 'locked', message: 'somebody edits this contact' },
				],
			}),
			answer(200, { results: [{ status: 'ok', message: '' }] }),
		]);
		expect(bodyOf(requests[0])).toEqual({
			contacts: [
				{ email: 'ada@example.com', fields: { last_opened: events[2].occurredAt } },
				{ email: 'grace@example.com', fields: { last_opened: events[1].occurredAt } },
				{ email: 'mary@example.com', fields: { last_opened: events[3].occurredAt } },
			],
		});
		expect((bodyOf(requests[1]) as { contacts: unknown[] }).contacts).toHaveLength(1);
		expect(deliveries).toEqual([
			{ status: 'delivered' },
			{ status: 'rejected', reason: 'contact is archived' },
			{ status: 'delivered' },
			{ status: 'delivered' },
		]);
	});

	it('shows a sink that fails as the page says', async () => {
		const exampleCrm = load();
		const recovered = await run(
			exampleCrm,
			[anOpen(1)],
			[
				answer(429, '', { 'retry-after': '2' }),
				answer(200, '<html>'),
				answer(200, { results: [{ status: 'ok', message: '' }] }),
			],
		);
		expect(recovered.statuses).toEqual(['delivered']);
		expect(recovered.requests).toHaveLength(3);
	});

	it('names files and commands that exist', () => {
		const page = readFileSync(GUIDE, 'utf8');
		const named = [...page.matchAll(/`((?:src|test)\/[\w/.-]+\.ts)`/g)].map((match) => match[1]);
		expect(named.length).toBeGreaterThan(2);
		for (const name of named.filter((one) => !one.includes('/example-crm.'))) {
			expect(ts.sys.fileExists(path.join(ROOT, name))).toBe(true);
		}
		for (const [, name] of page.matchAll(/`([a-z-]+\.ts)`/g)) {
			expect(
				['src/sinks/destinations', 'src/sinks'].some((folder) =>
					ts.sys.fileExists(path.join(ROOT, folder, name)),
				),
			).toBe(true);
		}
	});

	/** Runs the code of the page as if it lay where the page says. */
	function load(): Sink {
		const { outputText } = ts.transpileModule(code, {
			compilerOptions: {
				module: ts.ModuleKind.CommonJS,
				target: ts.ScriptTarget.ES2022,
				esModuleInterop: true,
			},
		});
		const loaded: { exports: { exampleCrm?: Sink } } = { exports: {} };
		const fromThere = createRequire(file);
		const requireFrom = (name: string): unknown =>
			name.startsWith('.')
				? jest.requireActual(path.join(path.dirname(file), name))
				: fromThere(name);
		const execute = new Function('exports', 'require', outputText);
		execute(loaded.exports, requireFrom);
		if (!loaded.exports.exampleCrm) throw new Error('The page exports no exampleCrm.');
		return loaded.exports.exampleCrm;
	}
});
