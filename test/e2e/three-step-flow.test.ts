import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';

const EXPECTED_HEADERS = {
	'content-type': 'image/png',
	'content-length': '67',
	'cache-control': 'no-store, no-cache, must-revalidate, private, max-age=0',
	pragma: 'no-cache',
	expires: '0',
	'x-content-type-options': 'nosniff',
	'cross-origin-resource-policy': 'cross-origin',
	'referrer-policy': 'no-referrer',
	'x-robots-tag': 'noindex',
	'content-security-policy': "default-src 'none'",
};
const TRANSPORT_HEADERS = ['date', 'connection', 'keep-alive'];

/** The bundled workflow at a path of its own, changed by `change`. */
function variant(id: string, change: (workflow: WorkflowJson) => void): WorkflowJson {
	const workflow = bundledWorkflow('email-open-tracking.json');
	workflow.id = id;
	workflow.name = id;
	const trigger = node(workflow, 'Email Open Trigger');
	trigger.parameters.path = `${id}/pixel.png`;
	trigger.webhookId = id;
	change(workflow);
	return workflow;
}

function node(workflow: WorkflowJson, name: string): WorkflowJson['nodes'][number] {
	const found = workflow.nodes.find((candidate) => candidate.name === name);
	if (!found) throw new Error(`The workflow has no node "${name}"`);
	return found;
}

function replaceNode(workflow: WorkflowJson, name: string, type: string, parameters = {}): void {
	Object.assign(node(workflow, name), { type, typeVersion: 1, parameters, onError: undefined });
}

const withoutStep3 = variant('without-step-3', (workflow) => {
	workflow.connections['Tracking Pixel'].main = [];
});
const failing = variant('failing', (workflow) => {
	replaceNode(workflow, 'Tracking Pixel', 'n8n-nodes-base.stopAndError', {
		errorMessage: 'step 2 is broken',
	});
});
const slow = variant('slow', (workflow) => {
	replaceNode(workflow, 'Tracking Pixel', 'n8n-nodes-base.wait', { amount: 4, unit: 'seconds' });
	Object.assign(node(workflow, 'Tracking Pixel'), { typeVersion: 1.1, webhookId: 'slow-pixel' });
});
const immediate = variant('immediate', (workflow) => {
	node(workflow, 'Email Open Trigger').parameters.respond = 'immediately';
});
const keeping = variant('keeping', (workflow) => {
	Object.assign(node(workflow, 'Email Open Trigger').parameters, {
		trackingMode: 'full',
		options: { ip: 'keep', keep: ['userAgent'] },
	});
});
const crowded = variant('crowded', (workflow) => {
	workflow.settings = { ...workflow.settings, saveDataSuccessExecution: 'all' };
});
const ownImage = variant('own-image', (workflow) => {
	// The first 70-byte PNG that people copy: a half-opaque dot, which makes it easy to tell apart.
	node(workflow, 'Tracking Pixel').parameters.imageBase64 =
		'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
});
const behindStockWebhook = variant('stock', (workflow) => {
	Object.assign(node(workflow, 'Email Open Trigger'), {
		type: 'n8n-nodes-base.webhook',
		// Version 2 insists on n8n's own respond node; version 1.1 takes ours.
		typeVersion: 1.1,
		parameters: { path: 'stock/pixel.png', responseMode: 'responseNode', httpMethod: 'GET' },
	});
});

describe('the three-step flow in a real n8n', () => {
	let n8n: N8nInstance;
	const pixel = (path: string) => `${n8n.url}/webhook/${path}`;
	const opensOf = (recipientId: string) =>
		n8n.rows(`select * from opens where recipient_id = '${recipientId}'`);
	const openOf = async (recipientId: string) => await eventually(() => opensOf(recipientId).at(0));

	beforeAll(async () => {
		n8n = await startInstance({
			workflows: [
				bundledWorkflow('email-open-tracking.json'),
				withoutStep3,
				failing,
				slow,
				immediate,
				keeping,
				crowded,
				ownImage,
				behindStockWebhook,
			],
		});
	}, 180_000);
	afterAll(async () => await n8n?.stop(), 60_000);

	async function expectPixel(response: Response): Promise<void> {
		expect(response.status).toBe(200);
		const headers = Object.fromEntries(
			[...response.headers].filter(([name]) => !TRANSPORT_HEADERS.includes(name)),
		);
		expect(headers).toEqual(EXPECTED_HEADERS);
		expect(Buffer.from(await response.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
	}

	it('answers with the 67 bytes and stores one open with the recipient id and the time', async () => {
		const before = Date.now();
		await expectPixel(await fetch(pixel('email-open/pixel.png?id=42&campaignId=spring')));
		const after = Date.now();
		const open = await openOf('42');
		expect(Number(open.occurred_at)).toBeGreaterThanOrEqual(before);
		expect(Number(open.occurred_at)).toBeLessThanOrEqual(after);
		expect(open).toMatchObject({ recipient_id: '42', campaign_id: 'spring', pixel_id: null });
		expect(opensOf('42')).toHaveLength(1);
	});

	it('records ten loads as ten opens', async () => {
		await Promise.all(
			Array.from(
				{ length: 10 },
				async () => await expectPixel(await fetch(pixel('email-open/pixel.png?id=ten'))),
			),
		);
		await eventually(() => opensOf('ten').length === 10);
	});

	it('takes more loads at once than it can work on one by one: each is stored, many together', async () => {
		const ids = Array.from({ length: 300 }, (_value, index) => `crowd-${index}`);
		await Promise.all(
			ids.map(async (id) => await expectPixel(await fetch(pixel(`crowded/pixel.png?id=${id}`)))),
		);
		const stored = () => n8n.rows(`select * from opens where recipient_id like 'crowd-%'`);
		await eventually(() => stored().length >= ids.length, 60_000);
		expect(stored().map((open) => open.recipient_id)).toHaveLength(ids.length);
		expect(new Set(stored().map((open) => open.recipient_id))).toEqual(new Set(ids));
		const filter = encodeURIComponent(JSON.stringify({ workflowId: 'crowded' }));
		const { count } = await n8n.rest('GET', `/executions?filter=${filter}`);
		expect(Number(count)).toBeGreaterThan(0);
		expect(Number(count)).toBeLessThan(ids.length / 2);
	}, 120_000);

	it('answers HEAD with the same headers and records nothing', async () => {
		const response = await fetch(pixel('email-open/pixel.png?id=head'), { method: 'HEAD' });
		expect(response.status).toBe(200);
		for (const [name, value] of Object.entries(EXPECTED_HEADERS)) {
			expect(response.headers.get(name)).toBe(value);
		}
		// The open behind it shows that everything before it has been written.
		await fetch(pixel('email-open/pixel.png?id=after-head'));
		await openOf('after-head');
		expect(opensOf('head')).toHaveLength(0);
	});

	it.each([
		['missing', '', 'missing'],
		['too long', `?id=${'x'.repeat(257)}`, 'too-long'],
		['with control characters', '?id=a%00b', 'control-characters'],
	])('serves an id that is %s, and says why it has no recipient', async (_case, query, reason) => {
		const count = () =>
			n8n.rows(`select * from opens where recipient_reason = '${reason}' and recipient_id is null`)
				.length;
		const before = count();
		await expectPixel(await fetch(pixel(`email-open/pixel.png${query}`)));
		await eventually(() => count() === before + 1);
	});

	it('drops address and user agent by default, and keeps them where an option says so', async () => {
		const headers = { 'user-agent': 'MarkerAgent/1.0' };
		await fetch(pixel('email-open/pixel.png?id=plain'), { headers });
		expect(await openOf('plain')).toMatchObject({ request_ip: null, request_user_agent: null });
		await fetch(pixel('keeping/pixel.png?id=kept'), { headers });
		expect(await openOf('kept')).toMatchObject({
			request_ip: '127.0.0.1',
			request_user_agent: 'MarkerAgent/1.0',
		});
	});

	it('answers with the same pixel when the workflow has no respond node', async () => {
		const before = Date.now();
		await expectPixel(await fetch(pixel('without-step-3/pixel.png?id=1')));
		expect(Date.now() - before).toBeLessThan(2500);
	});

	it('answers with the same pixel when the flow throws before step 3', async () => {
		await expectPixel(await fetch(pixel('failing/pixel.png?id=1')));
	});

	it('answers within the deadline when the flow is slow, and still logs the open', async () => {
		const before = Date.now();
		await expectPixel(await fetch(pixel('slow/pixel.png?id=slow')));
		const took = Date.now() - before;
		expect(took).toBeGreaterThan(1900);
		expect(took).toBeLessThan(3500);
		await openOf('slow');
	});

	it('answers at once where Respond is set to Immediately, and logs the open', async () => {
		await expectPixel(await fetch(pixel('immediate/pixel.png?id=immediate')));
		await openOf('immediate');
	});

	it('sends the image that the workflow made', async () => {
		const response = await fetch(pixel('own-image/pixel.png?id=own'));
		expect(response.headers.get('content-length')).toBe('70');
		expect((await response.arrayBuffer()).byteLength).toBe(70);
	});

	it("works behind n8n's own Webhook node", async () => {
		const response = await fetch(pixel('stock/pixel.png?id=stock'));
		expect(Buffer.from(await response.arrayBuffer()).equals(PIXEL_PNG)).toBe(true);
		expect(response.headers.get('cache-control')).toBe(EXPECTED_HEADERS['cache-control']);
		expect(await openOf('stock')).toMatchObject({ recipient_reason: null });
	});

	it('answers while the store is locked, and writes the open when the lock is gone', async () => {
		const file = join(n8n.folder, '.n8n', 'email-open-tracking', 'tracking.sqlite');
		const other = new DatabaseSync(file);
		other.exec('begin immediate');
		const before = Date.now();
		await expectPixel(await fetch(pixel('email-open/pixel.png?id=locked')));
		expect(Date.now() - before).toBeLessThan(2500);
		expect(opensOf('locked')).toHaveLength(0);
		other.exec('rollback');
		other.close();
		await openOf('locked');
		expect(opensOf('locked')).toHaveLength(1);
	});

	it('keeps no execution of the bundled workflow', async () => {
		const { results } = await n8n.rest(
			'GET',
			`/executions?filter=${encodeURIComponent(JSON.stringify({ workflowId: 'email-open-tracking' }))}`,
		);
		expect(results).toEqual([]);
	});

	it('shows one open in a manual test in the editor', async () => {
		const workflow = await n8n.rest('GET', '/workflows/email-open-tracking');
		const started = await n8n.rest('POST', '/workflows/email-open-tracking/run', {
			workflowData: workflow,
			triggerToStartFrom: { name: 'Email Open Trigger' },
		});
		expect(started).toMatchObject({ waitingForWebhook: true });
		await expectPixel(await fetch(`${n8n.url}/webhook-test/email-open/pixel.png?id=manual`));
		await openOf('manual');
	});

	// The last one, since n8n is gone after it.
	it('has stored what it answered when it is stopped in the middle of many loads', async () => {
		const answered: string[] = [];
		const ids = Array.from({ length: 300 }, (_value, index) => `stopped-${index}`);
		const loads = ids.map(async (id) => {
			const response = await fetch(pixel(`email-open/pixel.png?id=${id}`)).catch(() => null);
			if (response?.status === 200) answered.push(id);
		});
		// Some are answered, and far more than 50 executions are under way or wait for their turn.
		await eventually(() => answered.length > 0);
		process.kill(n8n.pid, 'SIGTERM');
		await Promise.all(loads);
		const isGone = () => {
			try {
				return !process.kill(n8n.pid, 0);
			} catch {
				return true;
			}
		};
		await eventually(isGone, 60_000);
		expect(answered.length).toBeGreaterThan(100);
		const stored = n8n.rows(
			`select recipient_id as id from opens where recipient_id like 'stopped-%'`,
		);
		expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(answered));
	}, 120_000);
});
