/*
 * Whether the time of an answer, or of a request right after it, tells what became of a load: a valid
 * link, one of a person who withdrew, refused or was erased, a forged one, and plain ids of somebody
 * erased and of nobody. Asked in turn, in another order each round, from a collector whose
 * PostgreSQL is 4 ms away, and from one real n8n: with the base template, from webhooks that answer
 * at once and that collect, and from the collector in it. Printed as ratios of medians and as AUC,
 * beside the noise: two halves of the same valid loads against each other.
 *
 * `npm run bench -- timing --collector-only` leaves n8n out.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadOrCreateKeyFile } from '../src/intake/key-file';
import { openEmbeddedStore } from '../src/storage/embedded-store';
import type { TrackingStore } from '../src/storage/port/tracking-store';
import { openPostgresStore } from '../src/storage/postgres-store';
import type { KeyRing } from '../src/tracking/links/key-ring';
import { PIXEL_PATH, signTrackingLink } from '../src/tracking/links/tracking-link';
import { denylistKeysIn, pseudonymsOf } from '../src/tracking/people/subject-keys';
import { startCollectorProcess } from '../test/support/collector-process';
import { consentRecord } from '../test/support/consent-records';
import { startCutOff } from '../test/support/cut-off';
import {
	bundledWorkflow,
	freePort,
	startInstance,
	type WorkflowJson,
} from '../test/support/n8n-instance';
import { newDatabase } from '../test/support/own-database';

/** The PostgreSQL that the collector's store is in */
const postgresUrl = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test';
const ROUNDS = 250;
const WARM_UP = 40;
/** Each way */
const STORE_DELAY_MS = 2;
const ERASED = 'erased@example.com';

async function main(): Promise<void> {
	await atCollector();
	if (!process.argv.includes('--collector-only')) await inN8n();
}

async function atCollector(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'timing-'));
	const database = await newDatabase(postgresUrl);
	const { hostname, port } = new URL(database.url);
	const way = await startCutOff(hostname, Number(port || 5432), { delayMs: STORE_DELAY_MS });
	try {
		const store = await openPostgresStore({
			connectionString: String(database.url),
			tls: 'disable',
		});
		const keyRing = await loadOrCreateKeyFile(folder);
		await fill(store, keyRing);
		await store.close();
		const url = Object.assign(new URL(database.url), { port: String(way.port) });
		const collector = await startCollectorProcess(
			folder,
			['--admin-port', '0', '--postgres-tls', 'disable', '--postgres-url-env', 'STORE'],
			{ STORE: url.href },
		);
		const baseUrl = `http://127.0.0.1:${collector.port}`;
		await compare('the collector, with a store 4 ms away', linksAt(baseUrl, PIXEL_PATH, keyRing), {
			after: `${baseUrl}/`,
		});
		collector.child.kill('SIGTERM');
		await collector.exited;
	} finally {
		await way.close();
		await database.drop();
		rmSync(folder, { recursive: true });
	}
}

async function inN8n(): Promise<void> {
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
		await fill(store, keyRing);
		await store.close();
		const webhooks = `${n8n.url}/webhook`;
		for (const [name, path, baseUrl] of [
			['answered by the workflow', PIXEL_PATH, webhooks],
			['answered immediately', 'immediately/pixel.png', webhooks],
			['collected by a webhook', 'collect/pixel.png', webhooks],
			['answered by the collector', PIXEL_PATH, `http://127.0.0.1:${port}`],
		]) {
			await compare(name, linksAt(baseUrl, path, keyRing), { after: `${n8n.url}/healthz` });
		}
	} finally {
		await n8n.stop();
	}
}

/** Somebody withdrew, somebody refused, somebody was erased. */
async function fill(store: TrackingStore, keyRing: KeyRing): Promise<void> {
	const now = new Date();
	const keysOf = denylistKeysIn(keyRing);
	const records = (['withdrawn', 'refused'] as const).map((status) =>
		consentRecord({ recipientKey: status, status, occurredAt: now.toISOString() }),
	);
	await store.recordConsent(records, now, keysOf);
	const pseudonyms = (name: string, scope: string) => pseudonymsOf(name, scope, keyRing);
	await store.eraseSubject(
		{ recipientId: ERASED, pseudonymsOf: pseudonyms, denylistKeysOf: keysOf },
		now,
	);
}

function linksAt(baseUrl: string, path: string, keyRing: KeyRing): Record<string, string> {
	const link = (recipientId: string) =>
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
				issuedAt: new Date(),
				preview: false,
			},
		}).url;
	const plain = (id: string) => {
		const url = new URL(link('valid'));
		url.search = new URLSearchParams({ id }).toString();
		return url.href;
	};
	const valid = link('valid');
	return {
		valid,
		'valid again': link('valid'),
		withdrawn: link('withdrawn'),
		refused: link('refused'),
		erased: link(ERASED),
		forged: `${valid.slice(0, -6)}AAAAAA`,
		'plain, erased': plain(ERASED),
		'plain, unknown': plain('nobody@example.com'),
	};
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

async function compare(
	name: string,
	links: Record<string, string>,
	{ after }: { after: string },
): Promise<void> {
	const times: Record<string, number[]> = {};
	const later: Record<string, number[]> = {};
	const timeOf = async (url: string) => {
		const start = performance.now();
		const response = await fetch(url);
		await response.arrayBuffer();
		return performance.now() - start;
	};
	for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
		// Another order each round, so that none is always asked on the heels of the same other.
		const order = Object.keys(links).sort(() => Math.random() - 0.5);
		for (const kind of order) {
			const own = await timeOf(links[kind]);
			const next = await timeOf(after);
			if (round < WARM_UP) continue;
			(times[kind] ??= []).push(own);
			(later[kind] ??= []).push(next);
		}
	}
	process.stdout.write(`${name} (${ROUNDS} of each)\n`);
	process.stdout.write(
		`  ${''.padEnd(16)}${'median'.padStart(10)}${'p90'.padStart(10)}${'ratio'.padStart(8)}${'AUC'.padStart(8)}   right after: ratio, AUC\n`,
	);
	const row = (
		kind: string,
		[own, next]: [number[], number[]],
		[against, nextAgainst]: [number[], number[]],
	) => {
		const cells = [
			`${median(own).toFixed(2)} ms`.padStart(10),
			`${quantile(own, 0.9).toFixed(2)} ms`.padStart(10),
			(median(own) / median(against)).toFixed(3).padStart(8),
			auc(own, against).toFixed(3).padStart(8),
			(median(next) / median(nextAgainst)).toFixed(3).padStart(15),
			auc(next, nextAgainst).toFixed(3).padStart(8),
		];
		process.stdout.write(`  ${kind.padEnd(16)}${cells.join('')}\n`);
	};
	const all: [number[], number[]] = [times.valid, later.valid];
	for (const kind of Object.keys(links)) row(kind, [times[kind], later[kind]], all);
	const half = (rest: number): [number[], number[]] => [
		times.valid.filter((_, index) => index % 2 === rest),
		later.valid.filter((_, index) => index % 2 === rest),
	];
	row('noise', half(0), half(1));
}

/** How often one of the first takes less time than one of the others; 0.5 tells nothing. */
function auc(some: number[], others: number[]): number {
	let less = 0;
	for (const one of some) {
		for (const other of others) less += one < other ? 1 : one === other ? 0.5 : 0;
	}
	return less / (some.length * others.length);
}

function median(values: number[]): number {
	return quantile(values, 0.5);
}

function quantile(values: number[], share: number): number {
	return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}

void main();
