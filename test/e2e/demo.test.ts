import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../support/n8n-instance';

const root = join(__dirname, '..', '..');

/** The demo as a user starts it, with everything it printed so far. */
function startDemo(args: string[]): {
	child: ChildProcess;
	output: () => string;
	live: Promise<void>;
} {
	const env = { ...process.env };
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
	let folder: string;
	let port: number;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-demo-'));
		port = await freePort();
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it('prints a pixel URL that answers, and Ctrl-C stops all that it started', async () => {
		const demo = startDemo(['--port', String(port), '--data', folder]);
		await demo.live;
		const [pixelUrl] = /http:\/\/\S+pixel\.png\?id=42/.exec(demo.output()) ?? [''];
		const response = await fetch(pixelUrl);
		expect(response.headers.get('content-type')).toBe('image/png');
		expect(demo.output()).toMatch(/Sign-in\s+owner@example\.com\s+\S+/);
		expect(demo.output()).toContain(`<img src="${pixelUrl}"`);
		demo.child.kill('SIGINT');
		await once(demo.child, 'exit');
		expect(await isListening(port)).toBe(false);
	}, 240_000);

	it('starts again with its data, and imports nothing a second time', async () => {
		const demo = startDemo(['--port', String(port), '--data', folder]);
		await demo.live;
		expect(demo.output()).not.toContain('Importing');
		demo.child.kill('SIGINT');
		await once(demo.child, 'exit');
	}, 240_000);

	it('says in one line that a port is taken, and how to choose another', async () => {
		const server: Server = createServer();
		await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
		const demo = startDemo(['--port', String(port), '--data', folder]);
		const [code] = await once(demo.child, 'exit');
		await new Promise((resolve) => server.close(resolve));
		expect(code).toBe(1);
		expect(demo.output().trim().split('\n')).toEqual([
			expect.stringMatching(`Port ${port} is taken by another program.*--port`),
		]);
	});
});
