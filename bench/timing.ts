/*
 * Whether the time of an answer tells what became of a load: a valid link, one of a person who
 * withdrew and a forged one, asked in turn from one real n8n: with the base template, from webhooks
 * that answer at once and that collect, and from the collector. Printed as ratios of medians,
 * beside the noise: two halves of the same valid loads against each other.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { v7 as uuidv7 } from 'uuid';

import { loadOrCreateKeyFile } from '../src/intake/key-file';
import { openEmbeddedStore } from '../src/storage/embedded-store';
import { PIXEL_PATH, signTrackingLink } from '../src/tracking/links/tracking-link';
import {
	bundledWorkflow,
	freePort,
	startInstance,
	type WorkflowJson,
} from '../test/support/n8n-instance';
import { keysOf } from '../test/support/denylist-keys';

const ROUNDS = 250;
const WARM_UP = 40;

async function main(): Promise<void> {
	const port = await freePort();
	const collector = bundledWorkflow('high-volume.json');
	for (const node of collector.nodes) {
		if (node.name === 'Open Collector Trigger') {
			node.parameters = { port, options: { host: '127.0.0.1' } };
		}
	}
	const n8n = await startInstance({
		workflows: [
			bundledWorkflow('email-open-tracking.json'),
			responding('immediately'),
			responding('collect'),
			collector,
		],
	});
	try {
		const folder = join(n8n.folder, '.n8n', 'email-open-tracking');
		const store = await openEmbeddedStore({ folder, queueMode: false });
		const keyRing = await loadOrCreateKeyFile(folder);
		const now = new Date();
		await store.recordConsent(
			[
				{
					recordId: uuidv7(),
					recipientKey: 'withdrawn',
					purpose: 'performance',
					status: 'withdrawn',
					occurredAt: now.toISOString(),
					method: 'benchmark',
					jurisdiction: null,
					noticeVersion: null,
					noticeHash: null,
					noticeText: null,
					language: null,
					evidence: null,
					expiresAt: null,
				},
			],
			now,
			keysOf,
		);
		await store.close();
		const link = (recipientId: string, path: string, baseUrl: string) =>
			signTrackingLink({
				baseUrl,
				path,
				keyRing,
				iv: randomBytes(12),
				claims: {
					recipientId,
					pixelId: null,
					campaignId: 'timing',
					messageId: null,
					trackingMode: null,
					purpose: 'performance',
					issuedAt: now,
					preview: false,
				},
			}).url;
		const webhooks = `${n8n.url}/webhook`;
		for (const [name, path, baseUrl] of [
			['answered by the workflow', PIXEL_PATH, webhooks],
			['answered immediately', 'immediately/pixel.png', webhooks],
			['collected by a webhook', 'collect/pixel.png', webhooks],
			['answered by the collector', PIXEL_PATH, `http://127.0.0.1:${port}`],
		]) {
			const valid = link('valid', path, baseUrl);
			await compare(name, {
				valid,
				withdrawn: link('withdrawn', path, baseUrl),
				forged: `${valid.slice(0, -6)}AAAAAA`,
			});
		}
	} finally {
		await n8n.stop();
	}
}

/** The base template with another way to respond, at a path of that name. */
function responding(respond: string): WorkflowJson {
	const workflow = bundledWorkflow('email-open-tracking.json');
	workflow.id = workflow.name = respond;
	for (const node of workflow.nodes) {
		if (node.webhookId) node.webhookId = `${respond}-${node.webhookId}`;
		if (node.name === 'Email Open Trigger') {
			Object.assign(node.parameters, { path: `${respond}/pixel.png`, respond });
		}
	}
	return workflow;
}

async function compare(name: string, links: Record<string, string>): Promise<void> {
	const times: Record<string, number[]> = {};
	for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
		// Another order each round, so that none is always asked on the heels of the same other.
		const order = Object.keys(links).sort(() => Math.random() - 0.5);
		for (const kind of order) {
			const start = performance.now();
			const response = await fetch(links[kind]);
			await response.arrayBuffer();
			if (round >= WARM_UP) (times[kind] ??= []).push(performance.now() - start);
		}
	}
	const noise = ratio(
		times.valid.filter((_, index) => index % 2 === 0),
		times.valid.filter((_, index) => index % 2 === 1),
	);
	process.stdout.write(`${name} (${ROUNDS} of each)\n`);
	for (const kind of Object.keys(links)) {
		const line = [
			kind.padEnd(10),
			`median ${median(times[kind]).toFixed(2)} ms`,
			`p90 ${quantile(times[kind], 0.9).toFixed(2)} ms`,
			`${ratio(times[kind], times.valid).toFixed(3)} × valid`,
		];
		process.stdout.write(`  ${line.join('   ')}\n`);
	}
	process.stdout.write(`  noise      valid against valid: ${noise.toFixed(3)} ×\n`);
}

function ratio(one: number[], other: number[]): number {
	return median(one) / median(other);
}

function median(values: number[]): number {
	return quantile(values, 0.5);
}

function quantile(values: number[], share: number): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}

void main();
