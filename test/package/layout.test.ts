import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import ts from 'typescript';

const root = join(__dirname, '..', '..');

/** A folder with more files has two subjects. */
const MOST_FILES = 12;
/** Folders that are a list of one kind of thing, one file each, which a registry names. */
const LISTS = ['credentials', 'src/sinks/destinations', 'src/storage/database/migrations'];

/** What each folder of src may import from, besides itself. */
const LAYERS: Record<string, string[]> = {
	tracking: [],
	async: [],
	storage: ['async', 'tracking'],
	intake: ['async', 'storage', 'tracking'],
	sinks: ['async', 'tracking'],
	reports: ['storage', 'tracking'],
	collector: ['async', 'intake', 'storage', 'tracking'],
	api: ['async', 'intake', 'reports', 'storage', 'tracking'],
};

const files = ['src', 'nodes', 'credentials'].flatMap((folder) =>
	readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
		.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
);

/** The files of this package that each file imports, types included. */
const imports = new Map(
	files.map((file) => [
		file,
		ts
			.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true)
			.importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
			.map(({ fileName }) => `${join(dirname(file), fileName)}.ts`),
	]),
);

/** One line for each circle that a walk along the arrows runs into. */
function circlesIn(arrows: ReadonlyMap<string, Iterable<string>>): string[] {
	const circles: string[] = [];
	const done = new Set<string>();
	const walk = (at: string, path: readonly string[]): void => {
		if (path.includes(at)) {
			circles.push([...path.slice(path.indexOf(at)), at].join(' -> '));
			return;
		}
		if (done.has(at)) return;
		for (const next of arrows.get(at) ?? []) walk(next, [...path, at]);
		done.add(at);
	};
	for (const start of arrows.keys()) walk(start, []);
	return circles;
}

describe('the source tree', () => {
	it('is read with all imports, and each leads to a file', () => {
		expect(imports.get('src/cli.ts')).not.toHaveLength(0);
		const lost = [...imports].flatMap(([file, targets]) =>
			targets.filter((target) => !imports.has(target)).map((target) => `${file} -> ${target}`),
		);
		expect(lost).toEqual([]);
	});

	it('has no file that imports itself in a circle', () => {
		const circle = new Map([
			['a', ['b']],
			['b', ['c', 'd']],
			['c', []],
			['d', ['b']],
		]);
		expect(circlesIn(circle)).toEqual(['b -> d -> b']);
		expect(circlesIn(imports)).toEqual([]);
	});

	it('has no folder that imports from itself in a circle, save a folder and one inside it', () => {
		const isInside = (folder: string, outer: string) => folder.startsWith(`${outer}/`);
		const arrows = new Map<string, Set<string>>();
		for (const [file, targets] of imports) {
			const from = dirname(file);
			const set = arrows.get(from) ?? new Set();
			for (const to of targets.map((target) => dirname(target))) {
				if (to !== from && !isInside(to, from) && !isInside(from, to)) set.add(to);
			}
			arrows.set(from, set);
		}
		expect(circlesIn(arrows)).toEqual([]);
	});

	it(`has at most ${MOST_FILES} files in a folder, where the folder is no list`, () => {
		const counts = new Map<string, number>();
		for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
		const full = [...counts].filter(([, count]) => count > MOST_FILES).map(([folder]) => folder);
		expect(full.sort()).toEqual(LISTS);
	});

	it('has no loose file but the two entry points, and no folder outside the layers', () => {
		const entries = readdirSync(join(root, 'src')).sort();
		expect(entries).toEqual([...Object.keys(LAYERS), 'cli.ts', 'mailer.ts'].sort());
	});

	it('is mirrored by test/unit, as the scripts are', () => {
		const folders = readdirSync(join(root, 'test/unit'), { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map((entry) => join(entry.parentPath, entry.name).slice(join(root, 'test/unit/').length));
		expect(folders).toContain('tracking/receive');
		const lost = folders.filter(
			(folder) => folder !== 'scripts' && !existsSync(join(root, 'src', folder)),
		);
		expect(lost).toEqual([]);
	});
});

describe('the linter', () => {
	interface Case {
		file: string;
		code: string;
		allowed: boolean;
	}
	const folders = Object.keys(LAYERS);
	const importing = (file: string, name: string, allowed: boolean): Case => ({
		file,
		code: `import '${name}';`,
		allowed,
	});

	const cases = {
		'holds every layer to those below it, in sub-folders as well': folders.flatMap((folder) =>
			folders
				.filter((other) => other !== folder)
				.flatMap((other) =>
					[
						{ file: `src/${folder}/x.ts`, code: `import '../${other}/y';` },
						{ file: `src/${folder}/a/x.ts`, code: `import { y } from '../../${other}/y';` },
						{ file: `src/${folder}/a/b/x.ts`, code: `export * from '../../../${other}/c/y';` },
					].map((one) => ({ ...one, allowed: LAYERS[folder].includes(other) })),
				),
		),
		'lets no layer import a node, a credential, an entry point or n8n': folders.flatMap((folder) =>
			[
				'../../../nodes/shared/each-item',
				'../../../credentials/sink-credential',
				'../../cli',
				'../../mailer',
				'n8n-workflow',
			].map((name) => importing(`src/${folder}/a/x.ts`, name, false)),
		),
		'keeps packages to the folder they are for, and the domain to a list': [
			importing('src/storage/database/migrations/x.ts', 'kysely', true),
			importing('src/collector/log/x.ts', 'kysely', false),
			importing('src/collector/log/x.ts', 'node:sqlite', true),
			importing('src/reports/pages/x.ts', 'pg', false),
			importing('src/api/routes/x.ts', 'hono', true),
			importing('src/api/routes/x.ts', 'hono/cors', true),
			importing('src/intake/x.ts', 'hono/cors', false),
			importing('src/tracking/esp/x.ts', 'zod4', true),
			importing('src/tracking/esp/x.ts', 'node:crypto', true),
			importing('src/tracking/esp/x.ts', 'node:net', false),
			importing('src/tracking/esp/x.ts', 'fs', false),
			importing('src/tracking/esp/x.ts', 'eta', false),
			importing('src/cli.ts', 'n8n-workflow', false),
		],
		'lets no import pass it by in another form': [
			{ file: 'src/api/routes/x.ts', code: "void import('../../reports/csv');", allowed: false },
			{ file: 'src/api/x.ts', code: "let x: import('../reports/csv').Y;", allowed: false },
			{ file: 'src/api/x.ts', code: "void import('eta');", allowed: true },
		],
		'lets no node import from the folder of another': [
			importing('nodes/A/b/x.ts', '../../OpenTrackingTrigger/y', false),
			importing('nodes/shared/x.ts', '../OpenTracking/y', false),
			importing('nodes/A/b/x.ts', '../../shared/y', true),
			importing('nodes/A/b/x.ts', '../c', true),
		],
	} satisfies Record<string, Case[]>;

	/** File and code of what the linter refuses. */
	let refused: Set<string>;
	const nameOf = ({ file, code }: Case) => `${file}: ${code}`;

	beforeAll(() => {
		// In a process of its own: the settings are an ES module, which Jest does not load.
		const script = `
			import { ESLint } from 'eslint';
			const eslint = new ESLint();
			const refused = [];
			for (const { file, code } of ${JSON.stringify(Object.values(cases).flat())}) {
				const [{ messages }] = await eslint.lintText(code, { filePath: file });
				if (messages.some(({ fatal }) => fatal)) throw new Error(code + ': ' + messages[0].message);
				if (messages.some(({ ruleId }) => /^no-restricted-/.test(ruleId ?? ''))) {
					refused.push(file + ': ' + code);
				}
			}
			process.stdout.write(JSON.stringify(refused));`;
		const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
			cwd: root,
			encoding: 'utf8',
		});
		refused = new Set(JSON.parse(printed));
	});

	it.each(Object.entries<Case[]>(cases))('%s', (_name, some) => {
		expect(some.filter((one) => refused.has(nameOf(one))).map(nameOf)).toEqual(
			some.filter(({ allowed }) => !allowed).map(nameOf),
		);
	});
});
