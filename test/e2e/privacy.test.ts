import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

import type { Browser } from 'playwright-core';

import { publishWorkflow } from '../../scripts/lib/n8n';
import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { TrackingStore } from '../../src/storage/port/tracking-store';
import type { TrackingMode } from '../../src/tracking/event/tracking-mode';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { personLink, type PersonLinkScope } from '../../src/tracking/links/person-link';
import { signTrackingLink } from '../../src/tracking/links/tracking-link';
import { denylistKeysOf } from '../../src/tracking/people/subject-keys';
import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import { baseTemplate } from '../support/base-template';
import { launchBrowser } from '../support/browser';
import { consentRecord } from '../support/consent-records';
import { startCutOff } from '../support/cut-off';
import {
	chooseCredential,
	allBytes,
	bundledWorkflow,
	eventually,
	startInstance,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { newDatabase } from '../support/own-database';
import { startByHand } from '../support/run-by-hand';
import { startSmtpServer } from '../support/smtp-server';
import { itOnPostgres, postgresUrl } from '../support/stores';
import { keysOf } from '../support/denylist-keys';

const ADDRESS = '203.0.113.77';
const STRICT_PATH = 'email-open/pixel.png';
const OPEN_PATH = 'open-template/pixel.png';

/** The base template with an image of their own for each person. */
function withPersonalImages(): WorkflowJson {
	const workflow = baseTemplate('personal', {});
	for (const node of workflow.nodes) {
		if (node.name !== 'Tracking Pixel') continue;
		const images = Object.fromEntries(
			['ada', 'bob'].map((id) => [id, imageFor(id).toString('base64')]),
		);
		node.parameters.imageBase64 = `={{ (${JSON.stringify(images)})[$json.recipientId] }}`;
	}
	return workflow;
}

/** A dot whose file says whom it was made for. */
function imageFor(recipientId: string): Buffer {
	const text = Buffer.from(`tEXtComment\0made for ${recipientId}`);
	const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(text.length - 4);
	check.writeUInt32BE(crc32(text));
	const END_CHUNK_BYTES = 12;
	return Buffer.concat([
		PIXEL_PNG.subarray(0, -END_CHUNK_BYTES),
		length,
		text,
		check,
		PIXEL_PNG.subarray(-END_CHUNK_BYTES),
	]);
}

const MODES: TrackingMode[] = ['off', 'aggregate', 'hygiene', 'pseudonymous', 'identified', 'full'];
const KEEP_ALL = { ip: 'keep', keep: ['userAgent', 'referer', 'acceptLanguage'] };

describe('privacy in a real n8n', () => {
	let n8n: N8nInstance;
	let folder: string;
	let store: TrackingStore;
	let keyRing: KeyRing;
	let browser: Browser;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-privacy-'));
		[n8n, browser] = await Promise.all([
			startInstance({
				folder,
				workflows: [
					baseTemplate('open-template', {}),
					bundledWorkflow('email-open-tracking-consent-required.json'),
					bundledWorkflow('consent-and-privacy.json'),
					withPersonalImages(),
					...MODES.map((mode) =>
						baseTemplate(`mode-${mode}`, { trackingMode: mode, options: KEEP_ALL }),
					),
				],
				env: loggedBehindProxy(folder),
			}),
			launchBrowser(),
		]);
		const data = join(folder, '.n8n', 'email-open-tracking');
		store = await openEmbeddedStore({ folder: data, queueMode: false });
		keyRing = await loadOrCreateKeyFile(data);
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close(), store?.close()]);
		rmSync(folder, { recursive: true, force: true });
	}, 60_000);

	const webhook = (path: string) => `${n8n.url}/webhook/${path}`;
	/** Loads a pixel as an email client behind one proxy would. */
	const load = async (url: string, agent = 'MarkerAgent/1.0', headers = {}) => {
		const response = await fetch(url, {
			headers: { 'x-forwarded-for': ADDRESS, 'user-agent': agent, ...headers },
		});
		const answer = [...response.headers].filter(([name]) => name !== 'date');
		return { status: response.status, answer, body: Buffer.from(await response.arrayBuffer()) };
	};
	const pixelLink = (recipientId: string, path = STRICT_PATH) =>
		signTrackingLink({
			baseUrl: webhook(''),
			path,
			keyRing,
			iv: randomBytes(12),
			claims: {
				recipientId,
				pixelId: null,
				campaignId: 'spring',
				messageId: null,
				trackingMode: null,
				purpose: 'performance',
				issuedAt: new Date(),
				preview: false,
			},
		}).url;
	const linkOf = (recipientId: string, scope: PersonLinkScope) =>
		personLink({
			baseUrl: webhook(''),
			keyRing,
			iv: randomBytes(12),
			link: { recipientId, scope, issuedAt: new Date() },
		});
	const opensOf = (recipientId: string) =>
		n8n.rows(`select * from opens where recipient_id = '${recipientId}'`);
	/** An open of somebody else shows that everything before it is through. */
	const settle = async () => {
		const id = `settled-${randomBytes(4).toString('hex')}`;
		await load(webhook(`${OPEN_PATH}?id=${id}`), 'Other/1.0', {
			'x-forwarded-for': '198.51.100.1',
		});
		await eventually(() => opensOf(id).length === 1);
	};
	/** Everything n8n and we have on disk, and what n8n printed. */
	const everywhere = () =>
		Buffer.concat([allBytes(join(folder, '.n8n')), Buffer.from(n8n.output())]);
	const rowCounts = () => ({
		...countRows(join(folder, '.n8n', 'email-open-tracking', 'tracking.sqlite')),
		...countRows(join(folder, '.n8n', 'database.sqlite')),
	});

	/** Once n8n has pruned what it did not save, a new row can only come from a new load. */
	const pruned = async () =>
		await eventually(() => rowCounts()['n8n.execution_entity'] === 0, 30_000);

	describe.each(MODES)('mode %s', (mode) => {
		const id = `marker-id-${mode}`;
		const agent = `MarkerAgent-${mode}/7.7`;
		const keeps = {
			id: ['hygiene', 'identified', 'full'].includes(mode),
			agent: mode === 'full',
			address: mode === 'full',
		};

		it('leaves planted values only where it allows them, in all of n8n', async () => {
			const address = `203.0.113.${100 + MODES.indexOf(mode)}`;
			const { status, body } = await load(webhook(`mode-${mode}/pixel.png?id=${id}`), agent, {
				'x-forwarded-for': address,
				referer: `https://example.com/marker-referer-${mode}`,
			});
			expect(status).toBe(200);
			expect(body.equals(PIXEL_PNG)).toBe(true);
			await settle();
			const bytes = everywhere();
			expect({
				id: bytes.includes(id),
				agent: bytes.includes(agent),
				address: bytes.includes(address),
			}).toEqual(keeps);
			expect(bytes.includes(`marker-referer-${mode}`)).toBe(mode === 'full');
		});
	});

	it('stores nothing of somebody who was never asked, and answers alike', async () => {
		const before = rowCounts();
		const unknown = await load(pixelLink('marker-unknown'), 'MarkerUnknown/1.0');
		await store.recordConsent([consentRecord({ recipientKey: 'consented' })], new Date(), keysOf);
		const consented = await load(pixelLink('consented'));
		await eventually(() => opensOf('consented').length === 1);
		expect(unknown).toEqual(consented);
		expect(opensOf('consented')).toMatchObject([
			{ consent_status: 'given', consent_policy: 'eu-2026.1', request_ip: null },
		]);
		const bytes = everywhere();
		expect(bytes.includes('marker-unknown')).toBe(false);
		expect(bytes.includes('MarkerUnknown')).toBe(false);
		expect(rowCounts()['tracking.opens']).toBe(before['tracking.opens'] + 1);
	});

	it('never shows a person who withdrew the image of somebody else', async () => {
		const personal = (id: string) => load(webhook(`personal/pixel.png?id=${id}`));
		const withdrawn = consentRecord({ recipientKey: 'marker-gone', status: 'withdrawn' });
		await store.recordConsent([withdrawn], new Date(), keysOf);
		for (const id of ['ada', 'bob', 'ada']) {
			expect((await personal(id)).body).toEqual(imageFor(id));
			expect((await personal('marker-gone')).body).toEqual(PIXEL_PNG);
		}
		await eventually(() => opensOf('ada').length + opensOf('bob').length === 3);
		expect(opensOf('marker-gone')).toEqual([]);
	});

	it('asks, records and withdraws on a page in a browser, and the withdrawal silences old emails', async () => {
		const person = 'marker-page-person';
		const pixel = pixelLink(person);
		const page = await (await browser.newContext()).newPage();
		const url = linkOf(person, 'consent');
		// A scanner that follows every link changes nothing.
		for (let turn = 0; turn < 3; turn += 1) await fetch(url, { headers: { 'user-agent': 'Bot' } });
		expect(await store.listConsentRecords(person)).toEqual([]);

		await page.goto(url);
		expect(await page.locator('input:checked').count()).toBe(0);
		await page.locator('input[value=given]').first().check();
		await page.locator('button[value=save]').click();
		await page.getByRole('status').waitFor();
		expect(await store.getConsent(person, 'performance', new Date())).toMatchObject({
			status: 'given',
			record: { method: 'consent page', noticeVersion: '1', jurisdiction: 'EU' },
		});
		const allowed = await load(pixel);
		await eventually(() => opensOf(person).length === 1);

		await page.locator('button[value=withdraw]').click();
		await page.getByText('You are no longer tracked').waitFor();
		expect(await store.getConsent(person, null, new Date())).toMatchObject({
			status: 'withdrawn',
		});
		await settle();
		await pruned();
		await eventually(() => n8n.rows('select name from burst_windows').length > 0);
		const before = rowCounts();
		const silenced = await load(pixel, 'MarkerWithdrawn/1.0');
		expect(silenced).toEqual(allowed);
		expect(rowCounts()).toEqual(before);
		expect(everywhere().includes('MarkerWithdrawn')).toBe(false);
		// In the base template, which honors objections, as well.
		await load(pixelLink(person, OPEN_PATH));
		await load(webhook(`${OPEN_PATH}?id=${person}`));
		await settle();
		expect(opensOf(person)).toHaveLength(1);
	}, 60_000);

	it('refuses a link that was not made here', async () => {
		const response = await fetch(webhook('email-open/privacy?t=CwNhYmNk'));
		expect(response.status).toBe(403);
		expect(await response.text()).toContain('This link does not work');
		// A link for consent, which emails carry and people forward, gives no data.
		const form = new URLSearchParams({ action: 'export' });
		const consentOnly = linkOf('consented', 'consent');
		const refused = await fetch(consentOnly, { method: 'POST', body: form });
		expect(refused.status).toBe(403);
		expect(await refused.text()).not.toContain('consented');
	});

	it('tells whoever comes without a token that the link does not work, also where the step fails', async () => {
		for (const action of ['save', 'request-copy', 'request-erasure', 'export', 'erase']) {
			const answer = await fetch(webhook('email-open/privacy'), {
				method: 'POST',
				body: new URLSearchParams({ action }),
			});
			expect([action, answer.status]).toEqual([action, 403]);
			expect(await answer.text()).toContain('This link does not work');
		}
	});

	it('tells somebody who asks for erasure when nothing about them was found', async () => {
		const answer = await fetch(linkOf('marker-nobody', 'rights'), {
			method: 'POST',
			body: new URLSearchParams({ action: 'erase' }),
		});
		expect(answer.status).toBe(200);
		const page = await answer.text();
		expect(page).toContain('We found nothing that is stored about you');
		expect(page).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7/);
	});

	const post = async (url: string, action: string) =>
		await fetch(url, { method: 'POST', body: new URLSearchParams({ action }) });
	const openRequests = (person: string) =>
		n8n.rows(`select kind from privacy_requests where recipient_id = '${person}'`);

	it('notes what a person asks for, promises no email, and lists it until it is answered', async () => {
		const person = 'marker-asking-person';
		const page = await (await browser.newContext()).newPage();
		await page.goto(linkOf(person, 'consent'));
		expect(await page.locator('main').innerText()).not.toMatch(/we send|will get/i);
		await page.locator('button[value=request-erasure]').click();
		const answer = page.getByRole('status');
		await answer.waitFor();
		expect(await answer.innerText()).toContain('Your request is noted');
		expect(await page.locator('main').innerText()).toContain('privacy@example.com');
		expect(await page.locator('main').innerText()).not.toMatch(/mail with|will get/i);

		const officer = bundledWorkflow('consent-and-privacy.json');
		const listed = async () => {
			const finished = await startByHand(n8n, officer, 'Show the Officer');
			const { status, data } = await finished();
			expect(status).toBe('success');
			return data.includes(person);
		};
		expect(openRequests(person)).toEqual([{ kind: 'erasure' }]);
		expect(await listed()).toBe(true);
		await page.goto(linkOf(person, 'rights'));
		await page.locator('button[value=erase]').click();
		await page.getByText('Your data is erased').waitFor();
		expect(openRequests(person)).toEqual([]);
		expect(await listed()).toBe(false);

		// The link in an old email offers nothing that would not count.
		await page.goto(linkOf(person, 'consent'));
		await page.getByText('Your data was erased and you are not tracked').waitFor();
		expect(await page.locator('form').count()).toBe(0);
	}, 60_000);

	it('mails the link once an SMTP account is selected, and keeps the request open where that fails', async () => {
		const smtp = await startSmtpServer({ refused: ['unreachable@example.com'] });
		try {
			const name = 'SMTP of the officer';
			const { id: account } = await n8n.rest('POST', '/credentials', {
				name,
				type: 'smtp',
				data: { host: '127.0.0.1', port: smtp.port, secure: false, disableStartTls: true },
			});
			const { nodes, connections } = bundledWorkflow('consent-and-privacy.json');
			Object.assign(nodes.find((node) => node.name === 'Email Them the Link')!, {
				disabled: false,
				credentials: { smtp: { id: String(account), name } },
			});
			const { versionId } = await n8n.rest('GET', '/workflows/consent-and-privacy');
			await n8n.rest('PATCH', '/workflows/consent-and-privacy', { nodes, connections, versionId });
			await publishWorkflow(n8n.rest, 'consent-and-privacy');
			await untilLive(n8n.rest, 'consent-and-privacy');

			const person = 'reader@example.com';
			for (const one of [person, 'unreachable@example.com']) {
				const { status } = await post(linkOf(one, 'consent'), 'request-copy');
				expect(status).toBe(200);
			}
			const [mail] = await eventually(() => smtp.mails.length > 0 && smtp.mails);
			expect([mail.to].flat()[0]?.text).toBe(person);
			const [link] = /http\S+/.exec(String(mail.text)) ?? [''];
			expect(openRequests(person)).toEqual([{ kind: 'copy' }]);
			const copy = await post(link, 'export');
			expect(await copy.json()).toMatchObject({ subject: { recipientId: person } });
			expect(openRequests(person)).toEqual([]);
			expect(openRequests('unreachable@example.com')).toEqual([{ kind: 'copy' }]);
		} finally {
			await smtp.stop();
		}
	}, 60_000);

	it('answers link checkers and odd forms with the page, and changes nothing for them', async () => {
		const person = 'checked-by-machines';
		const url = linkOf(person, 'consent');
		for (const headers of [{}, { origin: 'https://mail.example.com' }]) {
			const head = await fetch(url, { method: 'HEAD', headers });
			expect(head.status).toBe(200);
		}
		for (const action of ['constructor', '__proto__', 'toString', '']) {
			const response = await post(url, action);
			expect([action, response.status]).toEqual([action, 200]);
			expect(await response.text()).toContain('Tracking of emails you open');
		}
		const sent = JSON.stringify({ action: 'withdraw' });
		const status = await new Promise((resolve, reject) => {
			const headers = { 'content-type': 'application/json', 'content-length': sent.length };
			request(url, { method: 'GET', headers }, (response) => {
				response.resume().once('end', () => resolve(response.statusCode));
			})
				.once('error', reject)
				.end(sent);
		});
		expect(status).toBe(200);
		expect(await store.listConsentRecords(person)).toEqual([]);
	});

	const refusesWhileTheRegistryIsDown = async () => {
		const database = await newDatabase(postgresUrl);
		const direct = database.url;
		const way = await startCutOff(direct.hostname, Number(direct.port || 5432));
		try {
			const name = 'Registry that goes down';
			const { id: credential } = await n8n.rest('POST', '/credentials', {
				name,
				type: 'emailOpenTrackingApi',
				data: {
					connectionStringSecret: Object.assign(new URL(direct), {
						hostname: '127.0.0.1',
						port: String(way.port),
					}).href,
					tls: 'disable',
				},
			});
			const workflow = baseTemplate('registry-down', { consentPolicy: 'consent-required' });
			const trigger = workflow.nodes.find((node) => node.name === 'Email Open Trigger')!;
			chooseCredential(trigger, { id: String(credential), name });
			const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
			await publishWorkflow(n8n.rest, String(id));
			await untilLive(n8n.rest, String(id));
			await way.close();
			const url = webhook('registry-down/pixel.png?id=marker-registry-down');
			const { status, body } = await load(url, 'MarkerRegistry/1.0');
			expect(status).toBe(200);
			expect(body.equals(PIXEL_PNG)).toBe(true);
			await settle();
			const bytes = everywhere();
			expect(bytes.includes('marker-registry-down')).toBe(false);
			expect(bytes.includes('MarkerRegistry')).toBe(false);
		} finally {
			await way.close();
			await database.drop();
		}
	};
	itOnPostgres(
		'refuses under Consent Required while the registry is down, and serves the pixel',
		refusesWhileTheRegistryIsDown,
	);

	it('deletes what was erased from the tables of the analytics workflow, and nothing else', async () => {
		const person = 'copied@example.com';
		await store.recordConsent([consentRecord({ recipientKey: person })], new Date(), keysOf);
		await load(pixelLink(person));
		await eventually(() => opensOf(person).length === 1);
		const { opens } = await store.listOpens({ limit: 1, recipientId: person });
		const { id: project } = await n8n.rest('GET', '/projects/personal');
		const tables = `/projects/${project}/data-tables`;
		// The workflow makes the tables at the first erasure, where they are not there yet.
		await post(linkOf('somebody-else@example.com', 'rights'), 'erase');
		const tablesHere = async () =>
			(await n8n.rest('GET', tables)).data as Array<{ id: string; name: string }>;
		const { id } = await eventually(async () =>
			(await tablesHere()).find(({ name }) => name === 'email_opens'),
		);
		const rows = [{ eventId: opens[0].eventId }, { eventId: 'of somebody else' }];
		await n8n.rest('POST', `${tables}/${id}/insert`, { data: rows, returnType: 'count' });
		const page = await browser.newPage();
		await page.goto(linkOf(person, 'rights'));
		await page.locator('button[value=erase]').click();
		await page.getByText('Your data is erased').waitFor();
		await settle();
		const { data } = await n8n.rest('GET', `${tables}/${id}/rows`);
		expect(data).toMatchObject([{ eventId: 'of somebody else' }]);
		expect((await tablesHere()).map(({ name }) => name)).toContain('failed_opens');
		await page.close();
	}, 60_000);

	it('gives a person a copy, then erases them out of every file but for the keyed hash', async () => {
		const person = 'marker-erased-person';
		await store.createPixel({ id: 'newsletter', name: 'Newsletter' });
		await store.addRecipients(
			'newsletter',
			[{ recipientId: person, email: 'marker-erased@example.com' }],
			keysOf,
		);
		await store.recordConsent(
			[consentRecord({ recipientKey: person, evidence: 'form marker-evidence' })],
			new Date(),
			keysOf,
		);
		const pixel = pixelLink(person);
		await load(pixel);
		await load(webhook(`mode-full/pixel.png?id=${person}`), 'MarkerErased/1.0', {
			'x-forwarded-for': '203.0.113.200',
		});
		await load(webhook(`mode-hygiene/pixel.png?id=${person}`));
		await load(webhook(`mode-pseudonymous/pixel.png?id=${person}&campaignId=spring`));
		await eventually(() => opensOf(person).length === 2);
		await settle();

		const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
		await page.goto(linkOf(person, 'rights'));
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.locator('button[value=export]').click(),
		]);
		const stream = await download.createReadStream();
		let text = '';
		for await (const chunk of stream) text += chunk;
		const copy = JSON.parse(text);
		expect(copy).toMatchObject({ schema: 'subject-export/1', subject: { recipientId: person } });
		expect(copy.opens).toHaveLength(3);
		expect(text).toContain('marker-erased@example.com');

		await page.goto(linkOf(person, 'rights'));
		await page.locator('button[value=erase]').click();
		await page.getByText('Your data is erased').waitFor();
		await settle();

		const ours = allBytes(join(folder, '.n8n', 'email-open-tracking'));
		const markers = [person, 'marker-erased@', 'marker-evidence', 'MarkerErased', '203.0.113.200'];
		expect(markers.filter((marker) => ours.includes(marker))).toEqual([]);
		expect(ours.includes(denylistKeysOf(person, keyRing)[0])).toBe(true);

		await pruned();
		const before = rowCounts();
		await load(pixel, 'MarkerErased/2.0');
		await load(webhook(`mode-aggregate/pixel.png?id=${person}`));
		expect(rowCounts()).toEqual(before);
		await store.close();
		// n8n marks unsaved executions as deleted first, and removes them in its next pruning.
		await pruned();
		await n8n.stop();
		// What it removed stays in its files until SQLite rebuilds them; docs/privacy.md says how.
		const database = new DatabaseSync(join(folder, '.n8n', 'database.sqlite'));
		database.exec('vacuum; pragma wal_checkpoint(truncate)');
		database.close();
		const all = allBytes(join(folder, '.n8n'));
		expect(markers.filter((marker) => all.includes(marker))).toEqual([]);
	}, 180_000);
});

/** n8n behind one proxy, with its log in a file as well. */
function loggedBehindProxy(folder: string): NodeJS.ProcessEnv {
	return {
		N8N_PROXY_HOPS: '1',
		// In minutes; 15 unless it is set.
		EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: '0.05',
		N8N_LOG_OUTPUT: 'console,file',
		N8N_LOG_FILE_LOCATION: join(folder, '.n8n', 'n8n.log'),
	};
}

/** The number of rows of every table in a SQLite file. */
function countRows(file: string): Record<string, number> {
	const database = new DatabaseSync(file, { readOnly: true });
	try {
		const tables = database
			.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
			.all();
		const label = file.includes('tracking.sqlite') ? 'tracking' : 'n8n';
		return Object.fromEntries(
			tables.map(({ name }) => {
				const [row] = database.prepare(`select count(*) as rows from "${name}"`).all();
				return [`${label}.${name}`, Number(row.rows)];
			}),
		);
	} finally {
		database.close();
	}
}
