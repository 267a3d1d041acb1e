import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

import { publishWorkflow, signIn } from '../../scripts/lib/n8n';
import { launchBrowser } from '../support/browser';
import { bundledWorkflow, eventually, freePort, unpublish } from '../support/n8n-instance';

const root = join(__dirname, '..', '..');
const MAIN_WORKFLOW = 'email-open-tracking';

interface Demo {
	child: ChildProcess;
	/** Everything it printed so far */
	output: () => string;
	live: Promise<void>;
}

/** The demo as a user starts it. */
function startDemo(args: string[], changes: NodeJS.ProcessEnv = {}): Demo {
	const env = { ...process.env, ...changes };
	delete env.NODE_ENV;
	delete env.JEST_WORKER_ID;
	const child = spawn(process.execPath, ['scripts/demo.js', ...args], { cwd: root, env });
	let output = '';
	const live = new Promise<void>((resolve, reject) => {
		for (const stream of [child.stdout!, child.stderr!]) {
			stream.setEncoding('utf8').on('data', (chunk: string) => {
				output += chunk;
				if (output.includes('Ctrl-C stops everything.')) resolve();
			});
		}
		child.once('exit', (code) => reject(new Error(`The demo ended (${code}):\n${output}`)));
	});
	live.catch(() => undefined);
	return { child, output: () => output, live };
}

async function isListening(port: number): Promise<boolean> {
	return await fetch(`http://127.0.0.1:${port}/healthz`).then(
		() => true,
		() => false,
	);
}

describe('npm run demo', () => {
	jest.setTimeout(240_000);
	let folder: string;
	let port: number;
	let args: string[];
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-demo-'));
		port = await freePort();
		args = ['--port', String(port), '--data', folder];
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	async function end(demo: Demo, signal: NodeJS.Signals): Promise<number> {
		demo.child.kill(signal);
		const [code] = (await once(demo.child, 'exit')) as [number];
		expect(await isListening(port)).toBe(false);
		return code;
	}

	/** What the demo wrote down for its user. */
	const login = () =>
		JSON.parse(readFileSync(join(folder, 'login.json'), 'utf8')) as {
			email: string;
			password: string;
			dashboard: { user: string; password: string };
		};

	/** The dashboard as its user sees it, and every host that the page asked. */
	async function onDashboard(look: (page: Page) => Promise<void>): Promise<void> {
		const browser = await launchBrowser();
		try {
			const { user: username, password } = login().dashboard;
			const context = await browser.newContext({ httpCredentials: { username, password } });
			const page = await context.newPage();
			await page.goto(`http://127.0.0.1:${port}/webhook/opens/dashboard`);
			await look(page);
		} finally {
			await browser.close();
		}
	}

	it('stops n8n again when it is stopped while it starts', async () => {
		const demo = startDemo(args);
		await eventually(() => isListening(port), 200_000);
		expect(demo.output()).not.toContain('Ctrl-C stops everything.');
		expect(await end(demo, 'SIGTERM')).toBe(143);
	});

	it('prints what a newcomer needs, and Ctrl-C stops all that it started', async () => {
		const lookups = join(folder, 'lookups.txt');
		const demo = startDemo(args, {
			TZ: 'Asia/Tokyo',
			NODE_OPTIONS: `--require ${join(root, 'test', 'support', 'note-lookups.js')}`,
			NOTE_LOOKUPS: lookups,
		});
		await demo.live;
		const [pixelUrl] = /http:\/\/\S+pixel\.png\?id=42/.exec(demo.output()) ?? [''];
		const response = await fetch(pixelUrl);
		expect(response.headers.get('content-type')).toBe('image/png');
		const { email, password, dashboard } = login();
		expect(demo.output()).toContain(`Editor sign-in      user ${email}   password ${password}`);
		expect(demo.output()).toContain(
			`Dashboard sign-in   user ${dashboard.user}   password ${dashboard.password}`,
		);
		expect(demo.output().split('\n')).toContainEqual(
			expect.stringMatching(`^<img src="${pixelUrl.replace('?', '\\?')}" .* />$`),
		);

		const second = startDemo(['--port', String(port + 10), '--data', folder]);
		expect(await once(second.child, 'exit')).toEqual([1, null]);
		expect(second.output().trim()).toMatch(
			/^Another demo runs with the data in \S+\. .*--port \d+ --data <another folder>$/,
		);

		await onDashboard(async (page) => {
			const text = await page.locator('body').innerText();
			// A rate of the sample's messages, and the time zone of this machine.
			expect(text).toMatch(/\b[3-6]\d ?%/);
			expect(text).toContain('Asia/Tokyo');
			await page.getByRole('button', { name: 'Delete the sample campaign' }).click();
			await page.getByText('The sample campaign was deleted').waitFor();
		});
		expect(await end(demo, 'SIGINT')).toBe(0);
		const hosts = readFileSync(lookups, 'utf8').trim().split('\n');
		expect(new Set(hosts)).toEqual(new Set(['127.0.0.1']));
	});

	it('starts again with its data: nothing is made twice, the deleted sample does not come back', async () => {
		const demo = startDemo(args);
		await demo.live;
		expect(demo.output()).not.toMatch(/Installing|Building|Importing|Making/);
		await onDashboard(async (page) => {
			await page.getByText('No campaign yet').waitFor();
			expect(await page.getByText('Sample').count()).toBe(0);
		});

		// A user puts a workflow of their own in the place of the bundled one.
		const { email, password } = login();
		const rest = await signIn(`http://127.0.0.1:${port}`, email, password);
		await unpublish({ rest, folder }, MAIN_WORKFLOW);
		const { nodes, connections } = bundledWorkflow(`${MAIN_WORKFLOW}.json`);
		const own = await rest('POST', '/workflows', { name: 'My own', nodes, connections });
		await publishWorkflow(rest, own.id);
		expect(await end(demo, 'SIGINT')).toBe(0);
	});

	it('stops n8n when publishing fails, and says why in one line', async () => {
		const demo = startDemo(args);
		expect(await once(demo.child, 'exit')).toEqual([1, null]);
		expect(await isListening(port)).toBe(false);
		expect(demo.output()).not.toContain('is live');
		const { name } = bundledWorkflow(`${MAIN_WORKFLOW}.json`);
		expect(demo.output().trim().split('\n').at(-1)).toMatch(
			`The workflow "${name}" could not be published: There is a conflict with one of the webhooks`,
		);
	});

	it.each([0, 1])(
		'says in one line that a port is taken, and how to choose another: +%d',
		async (more) => {
			const server: Server = createServer();
			await new Promise<void>((resolve) => server.listen(port + more, '127.0.0.1', resolve));
			const demo = startDemo(args);
			const [code] = await once(demo.child, 'exit');
			await new Promise((resolve) => server.close(resolve));
			expect(code).toBe(1);
			expect(demo.output().trim().split('\n')).toEqual([
				expect.stringMatching(`Port ${port + more} is taken by another program.*--port`),
			]);
		},
	);
});
