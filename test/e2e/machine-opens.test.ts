import { join } from 'node:path';

import { loadOrCreateKeyFile } from '../../src/intake/key-file';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { PIXEL_PATH, signTrackingLink } from '../../src/tracking/links/tracking-link';
import { MAIL_PROGRAM } from '../support/browser';
import { startCollectorProcess } from '../support/collector-process';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
} from '../support/n8n-instance';

const GMAIL_PROXY =
	'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const GMAIL_PREFETCH =
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
/** In Barracuda's published range. */
const BARRACUDA = '209.222.82.7';

const reclassify = {
	...bundledWorkflow('email-open-tracking.json'),
	id: 'reclassify',
	name: 'reclassify',
	nodes: [
		{
			id: '1',
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			position: [0, 0],
			webhookId: 'reclassify',
			parameters: { path: 'reclassify', responseMode: 'lastNode' },
		},
		{
			id: '2',
			name: 'Reclassify',
			type: 'n8n-nodes-email-open-tracking.openTracking',
			typeVersion: 1,
			position: [200, 0],
			parameters: { resource: 'open', operation: 'reclassify' },
		},
	],
	connections: { Webhook: { main: [[{ node: 'Reclassify', type: 'main', index: 0 }]] } },
};

describe('labels of loads in a real n8n behind one proxy', () => {
	let n8n: N8nInstance;
	const dataFolder = () => join(n8n.folder, '.n8n', 'email-open-tracking');
	const load = async (id: string, userAgent: string, forwardedFor = '198.51.100.20', extra = {}) =>
		await fetch(`${n8n.url}/webhook/${PIXEL_PATH}?id=${id}`, {
			headers: { 'user-agent': userAgent, 'x-forwarded-for': forwardedFor, ...extra },
		});
	const opensOf = (id: string) =>
		n8n.rows(`select * from opens where recipient_id = '${id}' order by occurred_at`);
	const openOf = async (id: string) => await eventually(() => opensOf(id)[0]);

	beforeAll(async () => {
		n8n = await startInstance({
			workflows: [bundledWorkflow('email-open-tracking.json'), reclassify],
			env: { N8N_PROXY_HOPS: '1' },
		});
	}, 180_000);
	afterAll(async () => await n8n?.stop(), 60_000);

	it.each([
		['an email client', 'thunderbird', MAIL_PROGRAM, {}, 'human'],
		["Gmail's image proxy", 'gmail', GMAIL_PROXY, {}, 'human-via-proxy'],
		["Gmail's prefetcher", 'gmail-prefetch', GMAIL_PREFETCH, {}, 'prefetch'],
		["Apple's prefetcher", 'apple', 'Mozilla/5.0', {}, 'prefetch'],
		[
			'a browser that prefetches',
			'purpose',
			MAIL_PROGRAM,
			{ 'sec-purpose': 'prefetch' },
			'prefetch',
		],
		['an HTTP library', 'curl', 'curl/8.5.0', {}, 'bot'],
	])('labels %s', async (_case, id, userAgent, headers, actor) => {
		await load(id, userAgent, undefined, headers);
		const open = await openOf(id);
		expect(open).toMatchObject({ actor, request_ip: null, request_user_agent: null });
		expect(open.actor_reason).toEqual(expect.any(String));
		expect(open.rules_version).toEqual(expect.any(String));
	});

	it('labels a scanner by its network, and believes only the trusted end of X-Forwarded-For', async () => {
		await load('scanner', MAIL_PROGRAM, BARRACUDA);
		expect(await openOf('scanner')).toMatchObject({ actor: 'scanner' });
		await load('spoofed', MAIL_PROGRAM, `${BARRACUDA}, 198.51.100.21`);
		expect(await openOf('spoofed')).toMatchObject({ actor: 'human' });
	});

	it('relabels the earlier loads of a recipient that three networks load within two minutes', async () => {
		const networks = ['192.0.2.1', '198.51.100.1', '203.0.113.1'];
		for (const [index, network] of networks.entries()) {
			await load('burst', MAIL_PROGRAM, network);
			// Opens that are recorded in one transaction come into the log with their label.
			await eventually(() => opensOf('burst').length === index + 1);
		}
		await eventually(
			() => opensOf('burst').filter(({ actor }) => actor === 'scanner').length === 3,
		);
		const history = n8n.rows(
			`select from_actor, to_actor from label_history where event_id in (select event_id from opens where recipient_id = 'burst')`,
		);
		expect(history).toEqual([
			{ from_actor: 'human', to_actor: 'scanner' },
			{ from_actor: 'human', to_actor: 'scanner' },
		]);
	});

	it('takes a burst that reached n8n and a collector beside it, on the same store', async () => {
		await load('shared-burst', MAIL_PROGRAM, '192.0.2.1');
		await load('shared-burst', MAIL_PROGRAM, '198.51.100.1');
		const windows = () => n8n.rows(`select name from burst_windows where kind = 'recipient'`);
		await eventually(() => opensOf('shared-burst').length === 2 && windows().length > 0);
		const collector = await startCollectorProcess(dataFolder(), ['--proxy-hops', '1']);
		try {
			await fetch(`http://127.0.0.1:${collector.port}/o.png?id=shared-burst`, {
				headers: { 'user-agent': MAIL_PROGRAM, 'x-forwarded-for': '203.0.113.1' },
			});
			await eventually(() => {
				const opens = opensOf('shared-burst');
				return opens.length === 3 && opens.every(({ actor }) => actor === 'scanner');
			});
		} finally {
			collector.child.kill('SIGTERM');
			await collector.exited;
		}
	}, 60_000);

	it("keeps the sender's own preview and does not count it", async () => {
		const { url } = signTrackingLink({
			baseUrl: `${n8n.url}/webhook`,
			path: PIXEL_PATH,
			keyRing: await loadOrCreateKeyFile(dataFolder()),
			iv: Buffer.alloc(12, 7),
			claims: {
				recipientId: 'preview',
				pixelId: null,
				campaignId: null,
				messageId: null,
				trackingMode: null,
				purpose: null,
				issuedAt: new Date(),
				preview: true,
			},
		});
		await fetch(url, { headers: { 'user-agent': MAIL_PROGRAM } });
		expect(await openOf('preview')).toMatchObject({ actor: 'bot', actor_reason: 'own-open' });
	});

	it('judges stored opens again by the current rules, from features alone', async () => {
		await load('judged-again', 'Mozilla/5.0');
		const open = await openOf('judged-again');
		const store = await openEmbeddedStore({ folder: dataFolder(), queueMode: false });
		const mistaken = { actor: 'human' as const, actorReason: null, rulesVersion: 'older' };
		await store.relabelOpens([{ eventId: String(open.event_id), ...mistaken }]);
		await store.close();
		const answer = await (await fetch(`${n8n.url}/webhook/reclassify`)).json();
		expect(answer).toMatchObject({ relabeled: 1 });
		expect(opensOf('judged-again')).toMatchObject([{ actor: 'prefetch' }]);
	});
});
