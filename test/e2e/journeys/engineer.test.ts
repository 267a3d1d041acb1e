import { execFileSync } from 'node:child_process';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = 'docs/adding-a-sink.md';

/** What the page has somebody do: write a file, change one, or run commands. */
interface Step {
	kind: 'ts' | 'diff' | 'sh';
	/** The file that the text above the block names last */
	path: string;
	block: string;
}

/** The steps of the page, in its order. */
function stepsOf(page: string): Step[] {
	const steps: Step[] = [];
	let path = '';
	for (const [, named, kind, block] of page.matchAll(
		/`([\w.-]+(?:\/[\w.-]+)+\.\w+)`|^```(\w+)\n([^]*?)^```/gm,
	)) {
		if (named) path = named;
		else steps.push({ kind: kind as Step['kind'], path, block });
	}
	return steps;
}

/** Puts the added lines of a block where the file has its other lines, once and in one piece. */
function applied(text: string, block: string): string {
	const lines = block.trimEnd().split('\n');
	const without = (sign: string) =>
		lines
			.filter((line) => !line.startsWith(sign))
			.map((line) => `${line.slice(1)}\n`)
			.join('');
	const [before, after, ...more] = text.split(without('+'));
	if (after === undefined || more.length > 0) {
		throw new Error(`These lines are not in the file exactly once:\n${without('+')}`);
	}
	return before + without('-') + after;
}

describe('an engineer with docs/adding-a-sink.md', () => {
	let copy: string;

	beforeAll(() => {
		copy = mkdtempSync(join(tmpdir(), 'open-tracking-engineer-'));
		const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
		for (const file of tracked.split('\0').filter(Boolean)) {
			cpSync(join(ROOT, file), join(copy, file));
		}
		for (const installed of ['node_modules', 'runtime/node_modules']) {
			symlinkSync(join(ROOT, installed), join(copy, installed));
		}
	}, 120_000);
	afterAll(() => {
		rmSync(copy, { recursive: true, force: true });
	}, 60_000);

	it('does what the page says, and all that the page runs passes', () => {
		const steps = stepsOf(readFileSync(join(ROOT, PAGE), 'utf8'));
		const env: NodeJS.ProcessEnv = { ...process.env };
		delete env.NODE_OPTIONS;
		delete env.JEST_WORKER_ID;
		delete env.NODE_ENV;
		for (const { kind, path, block } of steps) {
			const file = join(copy, path);
			if (kind === 'sh') execFileSync('sh', ['-ec', block], { cwd: copy, env, stdio: 'pipe' });
			else if (kind === 'diff') writeFileSync(file, applied(readFileSync(file, 'utf8'), block));
			else {
				mkdirSync(dirname(file), { recursive: true });
				writeFileSync(file, block);
			}
		}
		expect(new Set(steps.map((step) => step.kind))).toEqual(new Set(['ts', 'diff', 'sh']));
	}, 300_000);
});
