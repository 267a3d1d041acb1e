import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Client } from 'pg';

import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { MAIL_PROGRAM } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import { startCutOff, type CutOff } from '../support/cut-off';
import {
	bundledWorkflow,
	chooseCredential,
	eventually,
	type N8nInstance,
	publicationFailure,
	rowsOfN8n,
	startInstance,
	trackingApiForEverybody,
	type WorkflowJson,
} from '../support/n8n-instance';
import { newDatabase, type OwnDatabase } from '../support/own-database';
import { canMountDisks, mountSmallDisk, type SmallDisk } from '../support/small-disk';
import { describeOnPostgres, postgresUrl } from '../support/stores';
import { keysOf } from '../support/denylist-keys';

const BASE = 'email-open-tracking.json';
const STRICT = 'email-open-tracking-consent-required.json';
const STRICT_PATH = 'email-open/consented.png';
const CREDENTIAL = 'emailOpenTrackingApi';
const AWAY = /The tracking store cannot be written/g;
const DELETED =
	/The file of the tracking store was deleted while n8n was running, and was written again/g;
const BACK = /The tracking store can be written again/g;

const sleep = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

/** Loads images with an email client, and sees to it that each is answered. */
async function load(url: string): Promise<void> {
	const answer = await fetch(url, { headers: { 'user-agent': MAIL_PROGRAM } });
	await answer.arrayBuffer();
	expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
}

/** Waits until a published pixel is served. HEAD is never counted. */
async function served(url: string): Promise<void> {
	await eventually(async () => {
		const answer = await fetch(url, { method: 'HEAD' });
		return answer.headers.get('content-type') === 'image/png';
	}, 60_000);
}

function ids(prefix: string, count: number): string[] {
	return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** The strict template at an address of its own: as it ships it takes that of the open one. */
function strictBeside(): WorkflowJson {
	const workflow = bundledWorkflow(STRICT);
	const trigger = workflow.nodes.find(({ type }) => type.endsWith('.openTrackingTrigger'))!;
	trigger.parameters = { ...trigger.parameters, path: STRICT_PATH };
	return workflow;
}

const baseUrl = (n8n: N8nInstance, id: string) =>
	`${n8n.url}/webhook/email-open/pixel.png?id=${id}`;
const strictUrl = (n8n: N8nInstance, id: string) => `${n8n.url}/webhook/${STRICT_PATH}?id=${id}`;

/** A new pixel of the tracker APIs; gives its id and a function that makes the address to load. */
async function newPixel(
	n8n: N8nInstance,
): Promise<{ id: string; url: (n8n: N8nInstance) => string }> {
	const answer = await eventually(async () => {
		const response = await fetch(`${n8n.url}/webhook/opens/api/pixel/create`);
		return response.status === 200 && response;
	}, 60_000);
	const { id, trackingUrl } = (await answer.json()) as { id: string; trackingUrl: string };
	const { pathname, search } = new URL(trackingUrl);
	return { id, url: ({ url }) => `${url}${pathname}${search}` };
}

/** Executions that n8n has not ended: those that wait, and those that hang. */
function unfinished(folder: string): number {
	const [{ n }] = rowsOfN8n(
		folder,
		`select count(*) as n from execution_entity
			where status = 'waiting' or (status in ('new', 'running') and deletedAt is null)`,
	);
	return Number(n);
}

describe('a real n8n whose embedded store is in trouble', () => {
	const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-trouble-'));
	const storeFolder = join(folder, '.n8n', 'email-open-tracking');
	const storeFile = join(storeFolder, 'tracking.sqlite');
	const workflows = [bundledWorkflow(BASE), strictBeside(), trackingApiForEverybody()];
	let disk: SmallDisk | undefined;
	let n8n: N8nInstance;
	let pixel: Awaited<ReturnType<typeof newPixel>>;

	/** How often each of these recipients is in the store. */
	const counts = (names: readonly string[]) =>
		names.map((id) =>
			Number(n8n.rows(`select count(*) as n from opens where recipient_id = '${id}'`)[0]?.n ?? 0),
		);
	const pixelOpens = () =>
		Number(n8n.rows(`select count(*) as n from opens where pixel_id = '${pixel.id}'`)[0]?.n ?? 0);
	const told = (what: RegExp) => n8n.output().match(what)?.length ?? 0;

	beforeAll(async () => {
		if (canMountDisks) disk = mountSmallDisk(storeFolder, 8);
		n8n = await startInstance({ workflows, folder });
		await served(baseUrl(n8n, 'first'));
		await served(strictUrl(n8n, 'first'));
		pixel = await newPixel(n8n);
		const store = await openEmbeddedStore({ folder: storeFolder, queueMode: false });
		const consented = ['locked-strict', 'full-strict', 'killed-strict'].flatMap((name) =>
			ids(name, 8),
		);
		await store.recordConsent(
			consented.map((recipientKey) => consentRecord({ recipientKey })),
			new Date(),
			keysOf,
		);
		await store.close();
	}, 180_000);
	afterAll(async () => {
		await n8n?.stop();
		disk?.remove();
		rmSync(folder, { recursive: true, force: true });
	}, 60_000);

	it('has every open once after another program locked the store for 25 s', async () => {
		const before = pixelOpens();
		const [base, strict] = [ids('locked', 8), ids('locked-strict', 8)];
		const [away, back] = [told(AWAY), told(BACK)];
		const other = new DatabaseSync(storeFile);
		other.exec('begin immediate');
		const until = Date.now() + 25_000;
		await Promise.all([
			...base.map(async (id) => await load(baseUrl(n8n, id))),
			...strict.map(async (id) => await load(strictUrl(n8n, id))),
			...base.map(async () => await load(pixel.url(n8n))),
		]);
		await sleep(until - Date.now());
		other.exec('rollback');
		other.close();
		const all = [...base, ...strict];
		await eventually(() => counts(all).every((n) => n > 0) && pixelOpens() >= before + 8, 60_000);
		expect(counts(all)).toEqual(all.map(() => 1));
		expect(pixelOpens()).toBe(before + 8);
		expect(unfinished(folder)).toBe(0);
		await eventually(() => told(BACK) > back);
		expect([told(AWAY) - away, told(BACK) - back]).toEqual([1, 1]);
	}, 150_000);

	(canMountDisks ? it : it.skip)(
		'has every open once after the disk of the store was full, with n8n killed in between',
		async () => {
			const before = pixelOpens();
			const [base, strict] = [ids('full', 8), ids('full-strict', 8)];
			disk!.fill();
			await Promise.all([
				...base.map(async (id) => await load(baseUrl(n8n, id))),
				...strict.map(async (id) => await load(strictUrl(n8n, id))),
				...base.map(async () => await load(pixel.url(n8n))),
			]);
			// What was answered is on disk.
			await n8n.kill();
			n8n = await startInstance({ workflows: [], folder });
			await served(baseUrl(n8n, 'first'));
			await n8n.untilPublished();
			const killed = [...ids('killed', 4), ...ids('killed-strict', 4)];
			await Promise.all([
				...ids('killed', 4).map(async (id) => await load(baseUrl(n8n, id))),
				...ids('killed-strict', 4).map(async (id) => await load(strictUrl(n8n, id))),
			]);
			expect(counts([...base, ...strict, ...killed]).some((n) => n > 0)).toBe(false);
			await n8n.kill();
			disk!.free();
			// Nothing is loaded from here on: what waits is written all the same.
			n8n = await startInstance({ workflows: [], folder });
			const all = [...base, ...strict, ...killed];
			await eventually(() => counts(all).every((n) => n > 0) && pixelOpens() >= before + 8, 60_000);
			expect(counts(all)).toEqual(all.map(() => 1));
			expect(pixelOpens()).toBe(before + 8);
			expect(unfinished(folder)).toBe(0);
		},
		240_000,
	);

	it('notices within a minute that the file of the store is gone, and writes it again', async () => {
		const rows = () => n8n.rows('select count(*) as n from opens')[0]?.n;
		await load(baseUrl(n8n, 'before-vanished'));
		await eventually(() => counts(['before-vanished'])[0] === 1);
		const before = rows();
		for (const end of ['', '-wal', '-shm']) rmSync(`${storeFile}${end}`, { force: true });
		await eventually(() => told(DELETED) > 0, 60_000);
		await eventually(() => rows() === before);
		await load(baseUrl(n8n, 'after-vanished'));
		await eventually(() => counts(['after-vanished'])[0] === 1);
		expect(told(DELETED)).toBe(1);
	}, 120_000);
});

describeOnPostgres('a real n8n whose store in PostgreSQL is in trouble', () => {
	let database: OwnDatabase;
	let way: CutOff;
	let n8n: N8nInstance;
	let credentialId: string;
	let pixel: Awaited<ReturnType<typeof newPixel>>;

	const credentialFor = (url: string) => ({
		name: 'Test store',
		type: CREDENTIAL,
		data: { connectionStringSecret: url, tls: 'disable' },
	});
	const throughWay = () =>
		Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(way.port) }).href;
	const withCredential = (workflow: WorkflowJson, id: string) => {
		for (const node of workflow.nodes) {
			if (
				/\.(openTrackingTrigger|respondAndLogOpen|openTracking|trackingApiTrigger)$/.test(node.type)
			) {
				chooseCredential(node, { id, name: 'Test store' });
			}
		}
		return workflow;
	};
	const query = async (text: string, values: unknown[] = []) => {
		const client = new Client({ connectionString: database.url.href });
		await client.connect();
		try {
			return (await client.query<{ n: string }>(text, values)).rows;
		} finally {
			await client.end();
		}
	};
	const counts = async (names: readonly string[]) => {
		const rows = await query(
			`select (select count(*) from email_open_tracking.opens where recipient_id = id) as n
				from unnest($1::text[]) with ordinality as named(id, position) order by position`,
			[names],
		);
		return rows.map(({ n }) => Number(n));
	};
	const pixelOpens = async () =>
		Number(
			(
				await query('select count(*) as n from email_open_tracking.opens where pixel_id = $1', [
					pixel.id,
				])
			)[0].n,
		);
	const told = (what: RegExp) => n8n.output().match(what)?.length ?? 0;

	beforeAll(async () => {
		database = await newDatabase(postgresUrl);
		way = await startCutOff(database.url.hostname, Number(database.url.port || 5432));
		n8n = await startInstance({ workflows: [] });
		const { id } = await n8n.rest('POST', '/credentials', credentialFor(throughWay()));
		credentialId = String(id);
		for (const bundled of [bundledWorkflow(BASE), trackingApiForEverybody()]) {
			const workflow = withCredential(bundled, credentialId);
			const created = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
			await n8n.rest('POST', `/workflows/${created.id}/activate`, { versionId: created.versionId });
		}
		await served(baseUrl(n8n, 'first'));
		pixel = await newPixel(n8n);
		await load(baseUrl(n8n, 'first'));
		await eventually(async () => (await counts(['first']))[0] === 1);
	}, 180_000);
	afterAll(async () => {
		await n8n?.stop();
		await way?.close();
		await database?.drop();
	}, 60_000);

	it('has every open once after PostgreSQL was down for three minutes', async () => {
		const until = Date.now() + 180_000;
		await way.close();
		const all: string[] = [];
		for (const part of ['down-early', 'down-late']) {
			const names = ids(part, 10);
			all.push(...names);
			await Promise.all([
				...names.map(async (id) => await load(baseUrl(n8n, id))),
				...names.map(async () => await load(pixel.url(n8n))),
			]);
			if (part === 'down-early') await sleep(until - 15_000 - Date.now());
		}
		await sleep(until - Date.now());
		await way.open();
		await eventually(
			async () => (await counts(all)).every((n) => n > 0) && (await pixelOpens()) >= 20,
			60_000,
		);
		expect(await counts(all)).toEqual(all.map(() => 1));
		expect(await pixelOpens()).toBe(20);
		expect(unfinished(n8n.folder)).toBe(0);
		await eventually(() => told(BACK) > 0);
		expect([told(AWAY), told(BACK)]).toEqual([1, 1]);
		expect(n8n.output()).toMatch(/cannot be written: PostgreSQL could not be reached/);
	}, 300_000);

	it('has every open once after the credential was wrong and then corrected', async () => {
		const wrong = Object.assign(new URL(throughWay()), { pathname: '/no_such_database' }).href;
		await n8n.rest('PATCH', `/credentials/${credentialId}`, credentialFor(wrong));
		const names = ids('wrong', 10);
		await Promise.all(names.map(async (id) => await load(baseUrl(n8n, id))));
		await eventually(() => told(/cannot be written: PostgreSQL answered 3D000/g) > 0, 30_000);
		expect(await counts(names)).toEqual(names.map(() => 0));
		await n8n.rest('PATCH', `/credentials/${credentialId}`, credentialFor(throughWay()));
		await eventually(async () => (await counts(names)).every((n) => n > 0), 60_000);
		expect(await counts(names)).toEqual(names.map(() => 1));
		expect(unfinished(n8n.folder)).toBe(0);
		expect(n8n.output()).not.toContain('no_such_database');
	}, 120_000);

	it('does not publish with a credential that does not work, and says why', async () => {
		const wrong = Object.assign(new URL(database.url), { pathname: '/no_such_database' }).href;
		const { id } = await n8n.rest('POST', '/credentials', credentialFor(wrong));
		const workflow = withCredential(bundledWorkflow(BASE), String(id));
		const [trigger] = workflow.nodes.filter(({ type }) => type.endsWith('.openTrackingTrigger'));
		trigger.parameters.path = 'refused/pixel.png';
		trigger.webhookId = 'refused';
		const created = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		await n8n.rest('POST', `/workflows/${created.id}/activate`, { versionId: created.versionId });
		expect(await publicationFailure(n8n.rest, String(created.id))).toContain(
			'PostgreSQL answered 3D000. The database does not exist.',
		);
	}, 120_000);
});
