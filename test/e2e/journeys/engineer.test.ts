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

import type { Browser } from 'playwright-core';

import { keepPicture, launchBrowser } from '../../support/browser';
import { openEditor } from '../../support/editor';
import { type HttpStandIn, type Received, startStandIn } from '../../support/http-stand-in';
import type { N8nInstance, WorkflowJson } from '../../support/n8n-instance';
import { openEvent } from '../../support/open-events';

const ROOT = join(__dirname, '..', '..', '..');
const PAGE = 'docs/adding-a-sink.md';
const TOKEN = 'token-of-the-test';

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

/** A button, an open, and the node that sends it. */
const SENDING: Omit<WorkflowJson, 'id'> = {
	name: 'Sending',
	nodes: [
		{
			id: 'start',
			name: 'Start',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
		{
			id: 'open',
			name: 'Open',
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			position: [260, 0],
			parameters: {
				mode: 'raw',
				jsonOutput: JSON.stringify(openEvent({ recipientId: 'ada@example.com' })),
			},
		},
		{
			id: 'sink',
			name: 'Open Event Sink',
			type: 'n8n-nodes-email-open-tracking.openEventSink',
			typeVersion: 1,
			position: [520, 0],
			parameters: {},
		},
	],
	connections: {
		Start: { main: [[{ node: 'Open', type: 'main', index: 0 }]] },
		Open: { main: [[{ node: 'Open Event Sink', type: 'main', index: 0 }]] },
	},
	settings: { executionOrder: 'v1' },
};

describe('an engineer with docs/adding-a-sink.md', () => {
	let copy: string;
	let n8n: N8nInstance | undefined;
	let browser: Browser;
	let crm: HttpStandIn;
	const requests: Received[] = [];

	beforeAll(async () => {
		copy = mkdtempSync(join(tmpdir(), 'open-tracking-engineer-'));
		const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
		for (const file of tracked.split('\0').filter(Boolean)) {
			cpSync(join(ROOT, file), join(copy, file));
		}
		for (const installed of ['node_modules', 'runtime/node_modules']) {
			symlinkSync(join(ROOT, installed), join(copy, installed));
		}
		crm = await startStandIn((request) => {
			requests.push(request);
			if (request.path === '/v1/me') return { status: 200, body: {} };
			return { status: 200, body: { results: [{ status: 'ok', message: '' }] } };
		});
		browser = await launchBrowser();
	}, 120_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close(), crm?.stop()]);
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

	it('finds the destination in the panel, and its request arrives', async () => {
		// The copy starts the n8n, so that it is the copy's build that is in it.
		const { startInstance } = jest.requireActual<typeof import('../../support/n8n-instance')>(
			join(copy, 'test', 'support', 'n8n-instance'),
		);
		n8n = await startInstance({ workflows: [] });
		const { id } = await n8n.rest('POST', '/workflows', SENDING);
		const editor = await openEditor(browser, n8n, String(id));
		const panel = await editor.openPanel('Open Event Sink');
		await panel.choose('operation', 'Example CRM');
		await panel.connect('Open Tracking Example CRM', { url: crm.url, token: TOKEN });
		await keepPicture(editor.page, 'engineer-panel');
		// The editor tried the credential when it was saved.
		expect(requests).toMatchObject([
			{ path: '/v1/me', headers: { authorization: `Bearer ${TOKEN}` } },
		]);
		await panel.execute('delivered');
		await keepPicture(editor.page, 'engineer-delivered');
		expect(requests[1]).toMatchObject({ method: 'POST', path: '/v1/contacts/batch' });
		expect(requests[1].headers.authorization).toBe(`Bearer ${TOKEN}`);
		expect(JSON.parse(requests[1].body)).toEqual({
			contacts: [{ email: 'ada@example.com', fields: { last_opened: '2026-11-20T10:00:00.000Z' } }],
		});
		await editor.context.close();
	}, 240_000);
});
