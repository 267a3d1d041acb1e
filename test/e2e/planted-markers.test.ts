import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { publishWorkflow } from '../../scripts/lib/n8n';
import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import { openPostgresStore } from '../../src/storage/postgres-store';
import { CONSENT_POLICIES } from '../../src/tracking/consent/consent-policy';
import { TRACKING_MODES, type TrackingMode } from '../../src/tracking/event/tracking-mode';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { LINK_PATH, signTrackedLink } from '../../src/tracking/links/tracked-link';
import { signTrackingLink } from '../../src/tracking/links/tracking-link';
import { denylistKeysIn, pseudonymsOf } from '../../src/tracking/people/subject-keys';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { baseTemplate } from '../support/base-template';
import { startCollectorProcess, type CollectorProcess } from '../support/collector-process';
import { consentRecord } from '../support/consent-records';
import { startCutOff } from '../support/cut-off';
import {
	chooseCredential,
	allBytes,
	eventually,
	startInstance,
	trackingApiForEverybody,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { newDatabase } from '../support/own-database';
import { itOnPostgres, postgresUrl } from '../support/stores';

/** Of whom nothing may be kept, in any mode under any policy. */
const STATES = ['withdrawn', 'refused', 'erased', 'gpc', 'forged'] as const;
type State = (typeof STATES)[number];
const KEEP_ALL = { ip: 'keep', keep: ['userAgent', 'referer', 'acceptLanguage'] };

const SETUPS = TRACKING_MODES.flatMap((mode) =>
	CONSENT_POLICIES.map((policy) => ({ mode, policy, setup: `${mode}-${policy}` })),
);

const messageOf = (who: State | 'allowed', setup: string) => `marker-message-${who}-${setup}`;
const opensOf = (who: State) => `select 1 from opens where recipient_id = '${personOf(who)}'`;
const personOf = (who: State | 'allowed') => `marker-${who}@example.com`;

/** The people of all states, but for what makes a load forged or one with GPC. */
async function fill(store: TrackingStore, keyRing: KeyRing): Promise<void> {
	const records = [
		...(['withdrawn', 'refused'] as const).map((status) => ({ who: status, status })),
		{ who: 'allowed' as const, status: 'given' as const },
	].flatMap(({ who, status }) =>
		(['performance', 'clicks'] as const).map((purpose) =>
			consentRecord({ recipientKey: personOf(who), purpose, status }),
		),
	);
	await store.recordConsent(records, new Date(), denylistKeysIn(keyRing));
	await erase(store, keyRing, personOf('erased'));
}

async function erase(store: TrackingStore, keyRing: KeyRing, recipientId: string): Promise<void> {
	const subject = {
		recipientId,
		pseudonymsOf: (name: string, scope: string) => pseudonymsOf(name, scope, keyRing),
		denylistKeysOf: denylistKeysIn(keyRing),
	};
	await store.eraseSubject(subject, new Date());
}

interface Door {
	baseUrl: string;
	/** Where the pixel is, and where tracked links lead */
	path: string;
	linkPath: string;
	keyRing: KeyRing;
}

/** What an email says of whom and what it is for. */
const claimsOf = (who: State | 'allowed', setup: string) => ({
	recipientId: personOf(who),
	pixelId: null,
	campaignId: 'spring',
	messageId: messageOf(who, setup),
	trackingMode: null,
	issuedAt: new Date(),
	preview: false,
});

/** The address with another token, and the plain ids beside it, which must not count either. */
const forged = (url: string, setup: string) =>
	`${url.slice(0, -6)}AAAAAA&id=${personOf('forged')}&messageId=${messageOf('forged', setup)}`;

function pixelOf({ baseUrl, path, keyRing }: Door, who: State | 'allowed', setup: string): string {
	const claims = { ...claimsOf(who, setup), purpose: 'performance' as const };
	const { url } = signTrackingLink({ baseUrl, path, keyRing, iv: randomBytes(12), claims });
	return who === 'forged' ? forged(url, setup) : url;
}

/** Where a link leads: the page and the query of somebody's own. */
const targetOf = (who: State | 'allowed', setup: string) =>
	`https://shop.example/marker-page-${who}-${setup}?email=marker-query-${who}-${setup}`;

function trackedLinkOf(
	{ baseUrl, linkPath, keyRing }: Door,
	who: State | 'allowed',
	setup: string,
): string {
	const link = { url: targetOf(who, setup), position: 1, label: null };
	const claims = { ...claimsOf(who, setup), purpose: 'clicks' as const, link };
	const made = signTrackedLink({ baseUrl, keyRing, iv: randomBytes(12), claims });
	const url = String(made).replace(LINK_PATH, linkPath);
	return who === 'forged' ? forged(url, setup) : url;
}

/** Everything a request can tell about somebody. */
const headersOf = (who: State | 'allowed', setup: string) => ({
	'x-forwarded-for': addressOf(who, setup),
	'user-agent': `MarkerAgent-${who}-${setup}/7.7`,
	referer: `https://example.com/marker-referer-${who}-${setup}`,
	'accept-language': `x-marker-language-${who}`,
	cookie: `marker-cookie=${who}`,
	...(who === 'gpc' && { 'sec-gpc': '1' }),
});

async function load(url: string, who: State | 'allowed', setup: string): Promise<void> {
	const response = await fetch(url, { headers: headersOf(who, setup) });
	expect(response.status).toBe(200);
	expect(Buffer.from(await response.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
}

/** Looks at a link with HEAD, and follows it. */
async function follow(url: string, who: State | 'allowed', setup: string): Promise<void> {
	for (const method of ['HEAD', 'GET']) {
		const headers = headersOf(who, setup);
		const response = await fetch(url, { method, headers, redirect: 'manual' });
		const to = response.headers.get('location');
		expect([response.status, to]).toEqual(
			who === 'forged' ? [404, null] : [302, targetOf(who, setup)],
		);
	}
}

/** All that somebody can do with an email, whatever door it leads to. */
async function openAndFollow(door: Door, who: State | 'allowed', setup: string): Promise<void> {
	await load(pixelOf(door, who, setup), who, setup);
	await follow(trackedLinkOf(door, who, setup), who, setup);
}

const addressOf = (who: State | 'allowed', setup: string) => {
	const place = SETUPS.findIndex((one) => one.setup === setup);
	return `2001:db8:${(0xa000 + place).toString(16)}:${(0xb000 + [...STATES, 'allowed'].indexOf(who)).toString(16)}::7`;
};

/** What a request of somebody left in these bytes, by the name of the field. */
function foundOf(bytes: Buffer, who: State | 'allowed', setup: string): string[] {
	const planted = {
		message: messageOf(who, setup),
		agent: `MarkerAgent-${who}-${setup}`,
		address: addressOf(who, setup),
		referer: `marker-referer-${who}-${setup}`,
		cookie: `marker-cookie=${who}`,
		page: `marker-page-${who}-${setup}`,
		query: `marker-query-${who}-${setup}`,
	};
	return Object.entries(planted).flatMap(([field, text]) => (bytes.includes(text) ? [field] : []));
}

/** Who must not be named anywhere at all: the registry of consents names the others. */
const namedNowhere = (bytes: Buffer) =>
	(['erased', 'gpc', 'forged'] as const).filter((who) => bytes.includes(personOf(who)));

/** What may be left of an open and a click that are allowed. */
function allowedIn(mode: TrackingMode): string[] {
	if (mode === 'full') return ['message', 'agent', 'address', 'referer', 'page', 'query'];
	return mode === 'identified' ? ['message', 'page'] : [];
}

describe('planted markers in a real n8n', () => {
	const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-markers-'));
	const home = join(folder, '.n8n');
	let n8n: N8nInstance;
	let store: TrackingStore;
	let keyRing: KeyRing;

	beforeAll(async () => {
		n8n = await startInstance({
			folder,
			workflows: [
				...SETUPS.map(({ mode, policy, setup }) =>
					thatWaits(
						baseTemplate(setup, {
							trackingMode: mode,
							consentPolicy: policy,
							options: KEEP_ALL,
							trackClicks: true,
							linkPath: `${setup}/link`,
						}),
					),
				),
				trackingApiForEverybody(),
			],
			env: { N8N_PROXY_HOPS: '1', EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: '0.05' },
		});
		const data = join(home, 'email-open-tracking');
		store = await openEmbeddedStore({ folder: data, queueMode: false });
		keyRing = await loadOrCreateKeyFile(data);
		await fill(store, keyRing);
	}, 240_000);
	afterAll(async () => {
		await n8n?.stop();
		await store?.close();
		rmSync(folder, { recursive: true, force: true });
	}, 60_000);

	const doorOf = (setup: string): Door => ({
		baseUrl: `${n8n.url}/webhook`,
		path: `${setup}/pixel.png`,
		linkPath: `${setup}/link`,
		keyRing,
	});
	const everywhere = () => Buffer.concat([allBytes(home), Buffer.from(n8n.output())]);
	const n8nRows = (sql: string) => {
		const database = new DatabaseSync(join(home, 'database.sqlite'), { readOnly: true });
		try {
			return database.prepare(sql).all();
		} finally {
			database.close();
		}
	};

	it('are nowhere where nothing may be kept, and only where the mode says for everybody else', async () => {
		for (const { setup } of SETUPS) {
			for (const who of [...STATES, 'allowed'] as const) {
				await openAndFollow(doorOf(setup), who, setup);
			}
		}
		// Every execution is over, or has come to its step that waits for hours.
		await eventually(
			() =>
				n8nRows(`select 1 from execution_entity
					where status in ('new', 'running') and deletedAt is null`).length === 0,
			60_000,
		);
		const waiting = n8nRows("select workflowId from execution_entity where status = 'waiting'");
		expect(new Set(waiting.map(({ workflowId }) => workflowId))).toEqual(
			new Set(SETUPS.filter(({ mode }) => mode !== 'off').map(({ setup }) => setup)),
		);
		for (const who of STATES) expect(n8n.rows(opensOf(who))).toEqual([]);
		const bytes = everywhere();
		expect(namedNowhere(bytes)).toEqual([]);
		for (const { mode, setup } of SETUPS) {
			for (const who of STATES)
				expect([setup, who, foundOf(bytes, who, setup)]).toEqual([setup, who, []]);
			expect([setup, foundOf(bytes, 'allowed', setup)]).toEqual([setup, allowedIn(mode)]);
			const saved = Buffer.from(
				String(
					n8nRows(
						`select group_concat(data) as data from execution_data join execution_entity
							on execution_entity.id = executionId where execution_entity.workflowId = '${setup}'`,
					)[0].data,
				),
			);
			expect([setup, foundOf(saved, 'allowed', setup)]).toEqual([setup, allowedIn(mode)]);
			expect([setup, saved.includes(personOf('allowed'))]).toEqual([
				setup,
				['hygiene', 'identified', 'full'].includes(mode),
			]);
		}
	}, 180_000);

	it('of a list of addresses are in no file of n8n after an answer of the tracker API', async () => {
		const { id: pixelId } = await store.createPixel({ name: 'Many recipients' });
		const people = Array.from({ length: 4000 }, (_, n) => `marker-listed-${n}@example.com`);
		await store.addRecipients(
			pixelId,
			people.map((email) => ({ recipientId: email, email })),
			denylistKeysIn(keyRing),
		);
		const answer = await fetch(
			`${n8n.url}/webhook/opens/api/v1/pixels/${pixelId}/generate-tokens/csv`,
		);
		const text = await answer.text();
		expect(answer.status).toBe(200);
		expect(text.length).toBeGreaterThan(256 * 1024);
		expect(text).toContain(people[3999]);
		const places = readdirSync(home).filter((name) => !name.startsWith('email-open-tracking'));
		expect(places).toContain('database.sqlite');
		const found = () =>
			places.filter((name) => bytesOf(join(home, name)).includes('marker-listed-'));
		expect(found()).toEqual([]);
	}, 60_000);

	const duringAnOutage = async () => {
		const database = await newDatabase(postgresUrl);
		const way = await startCutOff(database.url.hostname, Number(database.url.port || 5432));
		const direct = await openPostgresStore({
			connectionString: database.url.href,
			tls: 'disable',
		});
		try {
			const name = 'Store that goes away';
			const { id: credential } = await n8n.rest('POST', '/credentials', {
				name,
				type: 'emailOpenTrackingApi',
				data: {
					connectionStringSecret: Object.assign(new URL(database.url), {
						hostname: '127.0.0.1',
						port: String(way.port),
					}).href,
					tls: 'disable',
				},
			});
			const workflow = baseTemplate('outage', { trackingMode: 'full', options: KEEP_ALL });
			for (const node of workflow.nodes) {
				if (!/\.(openTrackingTrigger|respondAndLogOpen)$/.test(node.type)) continue;
				chooseCredential(node, { id: String(credential), name });
			}
			const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
			await publishWorkflow(n8n.rest, String(id));
			await untilLive(n8n.rest, String(id));
			const url = (who: string) => `${n8n.url}/webhook/outage/pixel.png?id=${who}@example.com`;
			const opensOf = async (who: string) =>
				(await direct.listOpens({ limit: 1, recipientId: `${who}@example.com` })).opens.length;
			await load(url('before'), 'allowed', 'outage');
			await eventually(async () => (await opensOf('before')) === 1);

			await way.close();
			const person = 'marker-outage@example.com';
			await load(url('marker-outage'), 'allowed', 'outage');
			await load(url('witness'), 'allowed', 'outage');
			const waiting = join(home, 'email-open-tracking-waiting');
			await eventually(() => allBytes(waiting).includes('witness@example.com'), 60_000);
			expect(allBytes(waiting).includes(person)).toBe(true);
			await erase(direct, keyRing, person);
			await way.open();
			await eventually(async () => (await opensOf('witness')) === 1, 60_000);
			expect(await opensOf('marker-outage')).toBe(0);
			await eventually(() => !allBytes(waiting).includes(person), 30_000);
			// n8n marks what it does not save as deleted first, and removes it in its next pruning.
			await eventually(
				() => n8nRows(`select 1 from execution_entity where workflowId = '${id}'`).length === 0,
				60_000,
			);
			expect(bytesOf(join(home, 'email-open-tracking')).includes(person)).toBe(false);
			expect(n8n.output()).not.toContain(person);
		} finally {
			await direct.close();
			await way.close();
			await database.drop();
		}
	};
	itOnPostgres(
		'of a person who is erased during an outage do not come back',
		duringAnOutage,
		180_000,
	);

	it('are in no file once n8n has pruned and rebuilt its own', async () => {
		await n8n.stop();
		const database = new DatabaseSync(join(home, 'database.sqlite'));
		database.exec('vacuum; pragma wal_checkpoint(truncate)');
		database.close();
		const bytes = allBytes(home);
		expect(namedNowhere(bytes)).toEqual([]);
		expect(bytes.includes('marker-outage@example.com')).toBe(false);
	}, 60_000);
});

describe('planted markers in the files of a collector', () => {
	const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-collectors-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it.each(SETUPS)(
		'mode $mode, policy $policy',
		async ({ mode, policy, setup }) => {
			const data = join(folder, setup);
			mkdirSync(data);
			const keyRing = await loadOrCreateKeyFile(data);
			const store = await openEmbeddedStore({ folder: data, queueMode: false });
			let collector: CollectorProcess | undefined;
			try {
				await fill(store, keyRing);
				collector = await startCollectorProcess(data, [
					...[
						'--admin-port',
						'0',
						'--proxy-hops',
						'1',
						'--mode',
						mode,
						'--policy',
						policy,
						'--clicks',
					],
					...(mode === 'full' ? ['--ip', 'keep', '--keep', 'user-agent,referer'] : []),
				]);
				const baseUrl = `http://127.0.0.1:${collector.port}`;
				const door = { baseUrl, path: 'o.png', linkPath: LINK_PATH, keyRing };
				for (const who of [...STATES, 'allowed'] as const) await openAndFollow(door, who, setup);
				await eventually(() => isShipped(join(data, 'collector.sqlite')));
				const opens = new DatabaseSync(join(data, 'tracking.sqlite'), { readOnly: true });
				for (const who of STATES) expect(opens.prepare(opensOf(who)).all()).toEqual([]);
				opens.close();
				const running = allBytes(data);
				expect(readdirSync(data)).toContain('collector.sqlite-wal');
				expect(namedNowhere(running)).toEqual([]);
				for (const who of STATES) expect([who, foundOf(running, who, setup)]).toEqual([who, []]);
				expect(foundOf(running, 'allowed', setup)).toEqual(allowedIn(mode));

				await erase(store, keyRing, personOf('allowed'));
				collector.child.kill('SIGTERM');
				expect(await collector.exited).toBe(0);
				const after = allBytes(data);
				expect(after.includes(personOf('allowed'))).toBe(false);
				expect(foundOf(after, 'allowed', setup)).toEqual([]);
				expect(JSON.stringify(collector.lines)).not.toMatch(/marker/i);
			} finally {
				await store.close();
				collector?.child.kill('SIGKILL');
				await collector?.exited;
			}
		},
		60_000,
	);
});

/** The workflow with a step behind each open that waits for hours, so that n8n saves the execution. */
function thatWaits(workflow: WorkflowJson): WorkflowJson {
	const step = workflow.nodes.find(({ name }) => name === 'Add Your Steps Here')!;
	Object.assign(step, {
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		parameters: { resume: 'timeInterval', amount: 5, unit: 'hours' },
		webhookId: `wait-${workflow.id}`,
	});
	return workflow;
}

/** Whether everything in the log of a collector has gone into its store. */
function isShipped(file: string): boolean {
	const log = new DatabaseSync(file, { readOnly: true });
	try {
		const unread = 'select 1 from log where seq > (select min(seq) from cursors)';
		return log.prepare(unread).all().length === 0;
	} finally {
		log.close();
	}
}

/** A file's bytes, or those of all files below a folder. */
function bytesOf(path: string): Buffer {
	return statSync(path).isDirectory() ? allBytes(path) : readFileSync(path);
}
