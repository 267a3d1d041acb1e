import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { placeholdersIn, releaseNotes } from '../../scripts/lib/release';

const root = join(__dirname, '..', '..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(text('package.json'));
const WORKFLOWS = readdirSync(join(root, '.github/workflows')).map(
	(name) => `.github/workflows/${name}`,
);

interface Job {
	uses?: string;
	needs?: string;
	permissions?: Record<string, string>;
	strategy?: { matrix: { node: number[] } };
	services?: Record<string, unknown>;
	steps?: Array<{ uses?: string; run?: string; env?: Record<string, string> }>;
}
const jobsOf = (path: string): Record<string, Job> => parse(text(path)).jobs;

/** What GitHub's own parser has to say about workflows. */
function faultsIn(workflows: Array<{ name: string; content: string }>): string[] {
	// In a process of its own: the parser is written as modules, which Jest does not load.
	const script = `
		import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
		const faults = ${JSON.stringify(workflows)}.flatMap((workflow) =>
			parseWorkflow(workflow, new NoOperationTraceWriter()).context.errors.getErrors().map(String));
		process.stdout.write(JSON.stringify(faults));`;
	const { stdout, stderr } = spawnSync(
		process.execPath,
		['--import', 'tsx', '--input-type=module', '-e', script],
		{ cwd: root, encoding: 'utf8' },
	);
	if (stdout === '') throw new Error(stderr);
	return JSON.parse(stdout) as string[];
}

describe('the workflows on GitHub', () => {
	it("have no fault for GitHub's parser, which finds some", () => {
		expect(faultsIn(WORKFLOWS.map((path) => ({ name: path, content: text(path) })))).toEqual([]);
		const content = text('.github/workflows/ci.yml');
		expect(
			faultsIn([
				{ name: 'key', content: content.replace('timeout-minutes', 'timeout') },
				{ name: 'name', content: content.replace('matrix.node }}', 'matrx.node }}') },
			]),
		).toEqual([
			expect.stringContaining("Unexpected value 'timeout'"),
			expect.stringContaining('matrx'),
		]);
	});

	it('check what a newcomer checks, on both lines of Node.js, with nothing left out', () => {
		const { check } = jobsOf('.github/workflows/ci.yml');
		expect(check.strategy?.matrix.node).toEqual([22, 24]);
		expect(Object.keys(check.services ?? {})).toEqual(['postgres', 'redis', 'rabbitmq']);
		expect(check.steps?.at(-1)).toEqual({
			run: 'npm run check',
			env: { CI: 'true', REQUIRE_POSTGRES: '1' },
		});
	});

	it('publish with provenance, after the check, only what the notes were written for', () => {
		expect(parse(text('.github/workflows/release.yml')).on).toEqual({
			push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] },
		});
		const { check, publish } = jobsOf('.github/workflows/release.yml');
		expect(check.uses).toBe('./.github/workflows/ci.yml');
		expect(publish.needs).toBe('check');
		expect(publish.permissions).toEqual({ contents: 'write', 'id-token': 'write' });
		const runs = publish.steps?.map(({ run }) => run ?? '') ?? [];
		const step = (part: string) => runs.findIndex((run) => run.includes(part));
		expect(step('npm publish')).toBeGreaterThan(step('release-notes.js --tag "$GITHUB_REF_NAME"'));
		expect(step('gh release create')).toBeGreaterThan(step('npm publish'));
		expect(runs[step('npm publish')]).toContain('--provenance');
	});

	it('may do nothing that is not named, and run no actions but those of GitHub', () => {
		for (const path of WORKFLOWS) {
			expect([path, parse(text(path)).permissions]).toEqual([path, { contents: 'read' }]);
			for (const { steps = [] } of Object.values(jobsOf(path))) {
				const actions = steps.flatMap(({ uses }) => uses ?? []);
				expect(actions.filter((uses) => !/^actions\/[\w-]+@v\d+$/.test(uses))).toEqual([]);
			}
		}
	});

	it('put nothing from outside into a command', () => {
		const commands = WORKFLOWS.flatMap((path) => Object.values(jobsOf(path)))
			.flatMap(({ steps = [] }) => steps)
			.flatMap(({ run }) => run ?? []);
		expect(commands.filter((run) => run.includes('${{'))).toEqual([]);
	});
});

describe('the forms on GitHub', () => {
	const FOLDER = '.github/ISSUE_TEMPLATE';
	const forms = readdirSync(join(root, FOLDER)).filter((name) => name !== 'config.yml');

	it.each(forms)('%s has a name, a description and fields of their own names', (name) => {
		const form = parse(text(`${FOLDER}/${name}`));
		expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
		const KINDS = ['markdown', 'input', 'textarea', 'dropdown', 'checkboxes'];
		const fields = form.body.filter(({ type }: { type: string }) => type !== 'markdown');
		for (const { type, attributes } of fields) {
			expect(KINDS).toContain(type);
			expect(attributes.label).toEqual(expect.any(String));
		}
		const ids = fields.map(({ id }: { id: string }) => id);
		expect(new Set(ids).size).toBe(ids.length);
		expect(text(`${FOLDER}/${name}`)).toContain('no personal data');
	});

	it('a bug names the versions and the store', () => {
		const required = parse(text(`${FOLDER}/bug.yml`))
			.body.filter((field: { validations?: { required: boolean } }) => field.validations?.required)
			.map(({ id }: { id: string }) => id);
		expect(required).toEqual(
			expect.arrayContaining(['package-version', 'n8n-version', 'node-version', 'store']),
		);
	});

	it('dependabot looks after packages and actions', () => {
		const { version, updates } = parse(text('.github/dependabot.yml'));
		expect(version).toBe(2);
		expect(updates.map((update: Record<string, string>) => update['package-ecosystem'])).toEqual([
			'npm',
			'github-actions',
		]);
	});
});

describe('names and addresses of the maintainers', () => {
	const repository = manifest.repository.url.replace(/\.git$/, '');
	const filesBelow = (folder: string, ending: RegExp) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((path) => ending.test(path))
			.map((path) => join(folder, path));
	const files = [
		...filesBelow('nodes', /\.node\.json$/),
		...filesBelow('credentials', /\.ts$/),
		...filesBelow('.github', /\.(yml|md)$/),
		...filesBelow('docs', /\.md$/),
		...readdirSync(root).filter((name) => name.endsWith('.md')),
	];

	it('are those of package.json in every other file', () => {
		const addresses = files.flatMap((path) =>
			[...text(path).matchAll(/https:\/\/github\.com\/[\w-]+\/n8n-nodes-email-open-tracking/g)].map(
				([address]) => address,
			),
		);
		expect(new Set(addresses)).toEqual(new Set([repository]));
		expect(manifest.homepage).toBe(`${repository}#readme`);
		expect(manifest.bugs).toBe(`${repository}/issues`);
		for (const path of ['SECURITY.md', 'CODE_OF_CONDUCT.md']) {
			const contacts = [...text(path).matchAll(/`([^`\s]+@[^`\s]+)`/g)].map(
				([, address]) => address,
			);
			expect([path, contacts]).toEqual([path, [manifest.author.email]]);
		}
	});

	it('are listed in CONTRIBUTING.md as far as they are placeholders', () => {
		const listed = [...text('CONTRIBUTING.md').matchAll(/^- \[ \] `(\w+)`/gm)].map(
			([, name]) => name,
		);
		expect(listed).toEqual(placeholdersIn(manifest));
		const filled = {
			author: { email: 'ada@example.com' },
			repository: { url: 'https://github.com/ada/n8n-nodes-email-open-tracking.git' },
		};
		expect(placeholdersIn(filled)).toEqual([]);
	});
});

describe('a release', () => {
	const release = {
		tag: 'v1.2.3',
		manifest: {
			name: 'a-package',
			version: '1.2.3',
			author: { email: 'ada@example.com' },
			repository: { url: 'https://github.com/ada/a-package.git' },
		},
		changelog:
			'# Changelog\n\n## 1.2.3 (2026-11-29)\n\n- New.\n\n## 1.2.2 (2026-11-01)\n\n- Old.\n',
		tarball: Buffer.from('tarball'),
	};

	it('has notes with the changes and the hash that n8n asks for', () => {
		const notes = releaseNotes(release);
		expect(notes).toMatch(/^- New\.\n/);
		expect(notes).not.toContain('Old');
		const hash = createHash('sha512').update('tarball').digest('base64');
		expect(notes).toContain(`a-package-1.2.3.tgz\nsha512-${hash}\n`);
	});

	it.each([
		['another version', { tag: 'v1.2.4' }, 'The tag v1.2.4 is not the version'],
		['no v', { tag: '1.2.3' }, 'Tag the commit with v1.2.3'],
		[
			'no section',
			{ changelog: '# Changelog\n\n## Unreleased\n\n- New.\n' },
			'no section "## 1.2.3',
		],
		['no date', { changelog: '## 1.2.3\n\n- New.\n' }, 'YYYY-MM-DD'],
		[
			'no changes',
			{ changelog: '## 1.2.3 (2026-11-29)\n\n## 1.2.2\n' },
			'says nothing about 1.2.3',
		],
		[
			'a placeholder',
			{ manifest: { ...release.manifest, author: { email: 'a@b.example' } } },
			'placeholder in: author',
		],
	])('is refused for %s', (_, part, message) => {
		expect(() => releaseNotes({ ...release, ...part })).toThrow(message);
	});
});

it('two packs of one build are the same, byte for byte', () => {
	const hashes = [1, 2].map(() => {
		const folder = mkdtempSync(join(tmpdir(), 'open-tracking-pack-'));
		try {
			const { status, stderr } = spawnSync('npm', ['pack', '--pack-destination', folder], {
				cwd: root,
				encoding: 'utf8',
			});
			expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
			const [tarball] = readdirSync(folder);
			return createHash('sha512')
				.update(readFileSync(join(folder, tarball)))
				.digest('hex');
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
	expect(hashes[0]).toBe(hashes[1]);
}, 90_000);
