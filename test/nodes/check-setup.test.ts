import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { RespondAndLogOpen } from '../../nodes/RespondAndLogOpen/RespondAndLogOpen.node';
import { openStoreWithKeys } from '../../nodes/shared/installation/signing';
import { RECEIVE_DEFAULTS } from '../../src/intake/receive-defaults';
import type { SetupCheck } from '../../src/reports/setup-check/check-setup';
import type { KeyRing } from '../../src/tracking/links/key-ring';
import { parseKeyRing } from '../../src/tracking/links/key-ring';
import { readTrackedLink } from '../../src/tracking/links/tracked-link';
import { LINK_NOT_FOUND, redirectTo } from '../../src/tracking/receive/link-response';
import { pixelHeaders } from '../../src/tracking/receive/pixel-response';
import { reportedSettings } from '../../src/tracking/receive/reported-tracker';
import {
	startSelfSignedStandIn,
	startStandIn,
	type HttpStandIn,
	type Received,
	type StandInAnswer,
} from '../support/http-stand-in';
import { executeContext, executeNode } from '../support/node-context';
import { PERSON } from '../support/tracking-api';
import { askTrackingApi } from '../support/tracking-api-request';
import { newUserFolder, type UserFolder } from '../support/user-folder';

const node = new OpenTracking();
const SETTINGS = ['EXECUTIONS_MODE', 'DB_TYPE', 'N8N_ENCRYPTION_KEY'];

describe('Status → Check Setup', () => {
	let folder: UserFolder;
	let server: HttpStandIn | undefined;
	let asked: Received[];
	const before = SETTINGS.map((name) => [name, process.env[name]] as const);

	beforeEach(() => {
		folder = newUserFolder();
		asked = [];
	});
	afterEach(async () => {
		for (const [name, value] of before) {
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
		await server?.stop();
		server = undefined;
		await folder.remove();
	});

	async function check(baseUrl: string, item = {}, staticData = {}): Promise<SetupCheck> {
		const { output } = await executeNode(node, [{ json: item }], {
			parameters: { resource: 'status', operation: 'checkSetup' },
			credentials: { emailOpenTrackingApi: { baseUrl } },
			staticData,
		});
		return output[0][0].json as unknown as SetupCheck;
	}
	const resultOf = ({ checks }: SetupCheck, name: string) =>
		checks.find((one) => one.check === name);

	/** What is published, as triggers themselves note it. */
	async function publish(settings: object = {}, id = 'record'): Promise<void> {
		const store = await folder.store();
		await store.savePart({
			kind: 'tracker',
			id,
			name: `${id}: Email Open Trigger`,
			settings: {
				...reportedSettings(RECEIVE_DEFAULTS, null),
				path: 'mails/header.png',
				linkPath: 'mails/link',
				clicks: true,
				...settings,
			},
		});
	}

	/** Answers as n8n with these nodes and keys does. */
	const answerWith =
		(keyRing: KeyRing) =>
		(request: Received): StandInAnswer => {
			asked.push(request);
			if (request.path === '/webhook/mails/header.png') {
				return { status: 200, headers: pixelHeaders(70) };
			}
			const verdict = readTrackedLink(request.query.get('t') ?? '', keyRing);
			const { status, headers } = verdict.ok ? redirectTo(verdict.claims.link.url) : LINK_NOT_FOUND;
			return { status, headers };
		};
	const ownKeys = async () => (await openStoreWithKeys(executeContext(node, []).context)).keyRing;

	it('asks for each published path with HEAD, and knows itself by its keys', async () => {
		await publish();
		server = await startStandIn(answerWith(await ownKeys()));
		const found = await check(server.url);
		expect(resultOf(found, 'Reached')).toMatchObject({
			result: 'ok',
			found: expect.stringMatching(/mails\/header\.png, mails\/link\..+keys of this installation/),
		});
		expect(asked.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
			'HEAD /webhook/mails/header.png',
			'HEAD /webhook/mails/link',
		]);
		expect(resultOf(found, 'Published workflows')).toMatchObject({ result: 'ok' });
	});

	it('tells another installation by its keys', async () => {
		await publish();
		server = await startStandIn(answerWith(parseKeyRing({ activeKey: `other:${'k'.repeat(43)}` })));
		expect(resultOf(await check(server.url), 'Reached')).toMatchObject({
			result: 'problem',
			found: expect.stringContaining('Another installation'),
		});
	});

	it('says why a certificate is not trusted', async () => {
		await publish();
		server = await startSelfSignedStandIn(answerWith(await ownKeys()));
		const found = await check(server.url);
		expect(resultOf(found, 'Certificate')).toMatchObject({
			result: 'problem',
			found: expect.stringContaining('signed by itself'),
		});
		expect(resultOf(found, 'Reached')).toMatchObject({ result: 'not checked' });
		expect(asked).toEqual([]);
	});

	it('names a server that does not answer, and still says the rest', async () => {
		server = await startStandIn(() => ({ status: 200 }));
		await server.stop();
		const found = await check(server.url);
		expect(resultOf(found, 'Reached')).toMatchObject({
			result: 'warning',
			found: expect.stringContaining('(ECONNREFUSED)'),
		});
		expect(resultOf(found, 'Store')).toMatchObject({ result: 'ok' });
	});

	it('compares the proxies with the request of a Webhook node in front', async () => {
		const headers = { 'x-forwarded-for': '198.51.100.7' };
		expect(resultOf(await check('n8n', { headers }), 'Proxy hops')).toMatchObject({
			result: 'warning',
			found: expect.stringContaining('came through 1 proxy'),
		});
	});

	it('compares what published triggers noted of themselves', async () => {
		const plainIds = { allowed: false, recipientParameter: 'id' };
		await publish();
		await publish(reportedSettings({ ...RECEIVE_DEFAULTS, plainIds }, null), 'strict');
		expect(resultOf(await check('n8n'), 'Published workflows')).toMatchObject({
			result: 'warning',
			found: expect.stringMatching(/^"strict: .+ takes signed links only, but "record: /),
		});
	});

	it('does not fail where the store cannot be used: it says so', async () => {
		process.env.EXECUTIONS_MODE = 'queue';
		process.env.DB_TYPE = 'sqlite';
		process.env.N8N_ENCRYPTION_KEY = 'encryption-key-of-this-test';
		const found = await check('not an address');
		expect(resultOf(found, 'Store')).toMatchObject({
			result: 'problem',
			found: expect.stringContaining('queue mode'),
		});
		for (const name of ['Published workflows', 'Reached', 'Certificate', 'Signing keys']) {
			expect(resultOf(found, name)).toMatchObject({ result: 'not checked' });
		}
		expect(JSON.stringify(found)).not.toContain('encryption-key-of-this-test');
	});

	it('names the signing key that is missing, and leaves the store alone', async () => {
		await ownKeys();
		const { output } = await executeNode(node, [{ json: {} }], {
			parameters: { resource: 'status', operation: 'checkSetup' },
			credentials: {
				emailOpenTrackingApi: { baseUrl: 'n8n', activeSecretKey: `new:${'k'.repeat(43)}` },
			},
		});
		expect(resultOf(output[0][0].json as unknown as SetupCheck, 'Signing keys')).toMatchObject({
			result: 'problem',
			found: expect.stringMatching(/used with the signing key .+Give Up Lost Key/),
		});
		expect(JSON.stringify(output)).not.toContain('kkkk');
	});

	it('says whether other things are broken than in the run before', async () => {
		const kept = {};
		const changed = async (baseUrl: string) => {
			const found = await check(baseUrl, {}, kept);
			return (found as SetupCheck & { changed: boolean }).changed;
		};
		await publish();
		server = await startStandIn(answerWith(await ownKeys()));
		const { url } = server;
		expect([await changed(url), await changed(url)]).toEqual([true, false]);
		expect([await changed('not an address'), await changed('not an address')]).toEqual([
			true,
			false,
		]);
		expect(await changed(url)).toBe(true);
	});

	it('gives an email to oneself whose loads count nowhere, by each workflow that answers images', async () => {
		await publish();
		const api = { ...reportedSettings(RECEIVE_DEFAULTS, null), imageFolder: 'opens/tracker' };
		const store = await folder.store();
		await store.savePart({ kind: 'tracker', id: 'api', name: 'API', settings: api });
		const { output } = await executeNode(node, [{ json: {} }], {
			parameters: { resource: 'status', operation: 'createProbeEmail' },
		});
		const links = [...String(output[0][0].json.html).matchAll(/<img src="([^"]+)"/g)].map(
			([, link]) => new URL(link),
		);
		expect(links.map(({ pathname }) => pathname).sort()).toEqual([
			'/webhook/mails/header.png',
			'/webhook/opens/tracker/setup-probe.png',
		]);
		const ofApi = links.find(({ pathname }) => pathname.includes('tracker'))!;
		const answer = await askTrackingApi({
			path: ofApi.pathname.replace('/webhook/opens', '') + ofApi.search,
			headers: PERSON,
			parameters: { access: 'none', consentPolicy: 'consent-required' },
		});
		expect(answer).toMatchObject({
			status: 200,
			headers: { 'content-type': 'image/png' },
			items: [],
		});
		expect(resultOf(await check('n8n'), 'Probe email')).toMatchObject({
			result: 'warning',
			found: expect.stringMatching(
				/0 s later Thunderbird .+ loaded it, which counts.+ "API" answered\. Not loaded: mails\/header\.png/,
			),
		});
		// Behind n8n's own Webhook node it is noted as well, by the same steps.
		const t = links.find(({ pathname }) => pathname.includes('mails'))!.searchParams.get('t')!;
		const logged = await executeNode(new RespondAndLogOpen(), [
			{ json: { query: { t }, headers: PERSON } },
		]);
		expect(logged.output).toEqual([[]]);
		expect(resultOf(await check('n8n'), 'Probe email')).toMatchObject({ result: 'ok' });
		expect(await store.getDashboard()).toMatchObject({
			totals: { opens: 0, machineOpens: 0, uniqueOpens: 0 },
			pixels: 0,
			recentOpens: [],
		});
		expect(await store.listCampaigns({ limit: 10 })).toEqual([]);
		const all = { from: new Date(0), to: new Date(Date.now() + 3_600_000) };
		expect(await store.listOpensPerHour(all)).toEqual([]);
		expect((await store.listStoredOpens({ limit: 10 })).opens).toEqual([]);
	});
});
