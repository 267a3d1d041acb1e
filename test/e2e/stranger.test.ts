import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hashPassword, publishWorkflow, signIn, startN8n } from '../../scripts/lib/n8n';
import { MAIL_PROGRAM } from '../support/browser';
import { bundledWorkflow, freePort, type Rest, untilLive } from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';

const root = join(__dirname, '..', '..');
const OWNER = { email: 'owner@example.com', password: 'Open-tracking-1' };
/** The commands under a heading of a page. */
const commandsOf = (page: string, heading: string): string[] => {
	const section = readFileSync(join(root, page), 'utf8')
		.split(`\n${heading}\n`)[1]
		.split('\n## ')[0];
	return [...section.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, code]) => code);
};

describe('a stranger with an empty home', () => {
	let home: string;
	beforeAll(() => (home = mkdtempSync(join(tmpdir(), 'open-tracking-stranger-'))));
	afterAll(() => rmSync(home, { recursive: true, force: true }));
	const sh = (command: string) =>
		execFileSync('sh', ['-ec', command], {
			cwd: root,
			env: { ...process.env, HOME: home },
			stdio: ['ignore', 'pipe', 'pipe'],
		});

	it('sees a first open by the steps of README.md, and uninstalls by those of docs/installing.md', async () => {
		const took: Record<string, number> = {};
		const timed = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
			const startedAt = Date.now();
			try {
				return await work();
			} finally {
				took[what] = Date.now() - startedAt;
			}
		};
		const [install] = commandsOf('README.md', '## Install');
		const steps = install.trim().split('\n');
		expect(steps.slice(0, 3)).toEqual(['npm ci', 'npm run build', 'npm pack']);
		mkdirSync(join(home, '.n8n'));
		try {
			// The first two are done: this test runs on their result.
			await timed('pack', () => sh(steps[2]));
			await timed('install', () => sh(steps.slice(3).join('\n')));
		} finally {
			for (const name of readdirSync(root)) {
				if (name.endsWith('.tgz')) rmSync(join(root, name));
			}
		}

		const env: NodeJS.ProcessEnv = { ...process.env, HOME: home };
		delete env.NODE_OPTIONS;
		delete env.JEST_WORKER_ID;
		delete env.NODE_ENV;
		const passwordHash = await hashPassword(OWNER.password);
		const port = await freePort();
		const n8n = await timed('n8n', async () =>
			startN8n({ env, folder: home, port, owner: { email: OWNER.email, passwordHash } }),
		);
		try {
			const rest = (await signIn(n8n.url, OWNER.email, OWNER.password)) as Rest;
			const seen = await timed('first open', async () => {
				// As *Import → From file* does it.
				const workflow = { ...bundledWorkflow('email-open-tracking.json'), id: undefined };
				const id = String((await rest('POST', '/workflows', workflow)).id);
				await publishWorkflow(rest, id);
				await untilLive(rest, id);
				const [, src] = /src="([^"]+)"/.exec(noteWithImage())!;
				const pixel = await fetch(src.replace('https://YOUR-N8N-HOST', n8n.url), {
					headers: { 'user-agent': MAIL_PROGRAM },
				});
				expect(pixel.headers.get('content-type')).toBe('image/png');
				const list = bundledWorkflow('recorded-opens.json');
				const run = await startByHand({ rest }, list, 'Show Recorded Opens');
				return await run();
			});
			expect(seen.status).toBe('success');
			expect(seen.data).toContain('"mail-client"');
			expect(seen.data).toContain('"42"');
		} finally {
			await n8n.stop();
		}
		const seconds = Object.entries(took).map(([what, ms]) => `${what} ${Math.round(ms / 1000)} s`);
		process.stdout.write(`From a built clone to the first open: ${seconds.join(', ')}\n`);

		const [remove, erase] = commandsOf('docs/installing.md', '## Uninstall');
		const has = (path: string) => existsSync(join(home, '.n8n', path));
		const installed = 'nodes/node_modules/n8n-nodes-email-open-tracking';
		expect([has(installed), has('email-open-tracking/tracking.sqlite')]).toEqual([true, true]);
		sh(remove);
		sh(erase);
		expect([has(installed), has('email-open-tracking')]).toEqual([false, false]);
	}, 400_000);
});

/** The note of the first workflow that has the line for an email. */
function noteWithImage(): string {
	const { nodes } = bundledWorkflow('email-open-tracking.json');
	const notes = nodes.map(({ parameters }) => String(parameters.content ?? ''));
	return notes.find((note) => note.includes('<img'))!;
}
