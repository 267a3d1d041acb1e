import { MAIL_PROGRAM } from '../support/browser';
import {
	bundledWorkflow,
	eventually,
	publicationFailure,
	startInstance,
	trackingApiForEverybody,
	trackingApiTrigger,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';

const HERE = 'https://app.example.com';
const ELSEWHERE = 'https://elsewhere.example.com';

describe('the tracker APIs in a real n8n, before anybody set them up', () => {
	let n8n: N8nInstance;
	beforeAll(async () => {
		n8n = await startInstance({ workflows: [] });
	}, 120_000);
	afterAll(async () => await n8n?.stop(), 60_000);

	const url = (path: string) => `${n8n.url}/webhook/opens${path}`;
	const create = async (workflow: WorkflowJson) =>
		await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
	const publish = async ({ id, versionId }: { id?: string; versionId?: string }) =>
		await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });

	it('are not published by n8n as imported, and answer an outsider nothing', async () => {
		const created = await create(bundledWorkflow('tracking-api.json'));
		await expect(publish(created)).rejects.toThrow(/Tracking API Trigger.*[Cc]redential/s);
		const { activeVersionId } = await n8n.rest('GET', `/workflows/${created.id}`);
		expect(activeVersionId).toBeNull();
		for (const path of ['/dashboard', '/api/dashboard', '/logs/x', '/tracker/x.png']) {
			expect((await fetch(url(path))).status).toBe(404);
		}
	});

	it.each<[string, Record<string, unknown>, string]>([
		['a credential that lets in nobody', {}, 'There is no API key and no sign-in'],
		[
			'an origin that is none',
			{ access: 'none', options: { allowedOrigins: '*' } },
			'Allowed Origins: \\"*\\" is no origin',
		],
	])(
		'say what is wrong with %s',
		async (_what, parameters, message) => {
			const empty = await n8n.rest('POST', '/credentials', {
				name: 'Nobody',
				type: 'openTrackingAccessApi',
				data: {},
			});
			const workflow = bundledWorkflow('tracking-api.json');
			Object.assign(trackingApiTrigger(workflow), {
				parameters,
				credentials: { openTrackingAccessApi: { id: empty.id, name: 'Nobody' } },
			});
			const created = await create(workflow);
			await publish(created);
			expect(await publicationFailure(n8n.rest, String(created.id))).toContain(message);
			await n8n.rest('POST', `/workflows/${created.id}/deactivate`, {});
		},
		90_000,
	);

	it('go on to the steps behind with each open, and run nothing for other requests', async () => {
		const workflow = trackingApiForEverybody();
		workflow.settings = { ...workflow.settings, saveDataSuccessExecution: 'all' };
		trackingApiTrigger(workflow).parameters.options = { allowedOrigins: HERE };
		const created = await create(workflow);
		await publish(created);
		await untilLive(n8n.rest, String(created.id));

		const pixel = await fetch(url('/api/pixel/create'));
		const { id, trackingUrl } = (await pixel.json()) as { id: string; trackingUrl: string };
		for (const path of ['/dashboard', `/logs/${id}`, '/tracker/nobody.png']) {
			expect((await fetch(url(path))).status).toBe(200);
		}
		await fetch(`${trackingUrl}`, { headers: { 'user-agent': MAIL_PROGRAM } });
		const filter = encodeURIComponent(JSON.stringify({ workflowId: created.id }));
		const runs = await eventually(async () => {
			const { results = [] } = await n8n.rest('GET', `/executions?filter=${filter}`);
			const done = (results as Array<{ id: string; status: string }>).filter(
				({ status }) => status === 'success',
			);
			return done.length > 0 && done;
		});
		expect(runs).toHaveLength(1);
		const run = JSON.stringify(await n8n.rest('GET', `/executions/${runs[0].id}`));
		const [open] = n8n.rows(`select event_id from opens where pixel_id = '${id}'`);
		expect(run).toContain(String(open.event_id));
		expect(run).toContain('Add Your Steps Here');
	}, 90_000);

	it('let pages of a named origin read their answers, and pages of no other', async () => {
		const allowed = async (origin: string, method = 'GET', headers = {}) => {
			const answer = await fetch(url('/api/dashboard'), {
				method,
				headers: { origin, ...headers },
			});
			return Object.fromEntries(
				[...answer.headers].filter(([name]) => /^(access-control-|vary)/.test(name)),
			);
		};
		expect(await allowed(HERE)).toMatchObject({ 'access-control-allow-origin': HERE });
		expect(await allowed(ELSEWHERE)).not.toHaveProperty('access-control-allow-origin');
		// n8n itself answers the question of a browser whether a page may ask, and says yes to every
		// page. It lets no sign-in go along, and the node refuses what the page then asks for.
		const asked = await allowed(ELSEWHERE, 'OPTIONS', {
			'access-control-request-method': 'DELETE',
			'access-control-request-headers': 'x-api-key',
		});
		expect(asked).not.toHaveProperty('access-control-allow-credentials');
		const pixel = await fetch(url('/api/pixel/create'));
		const { id } = (await pixel.json()) as { id: string };
		const remove = async (origin: string) =>
			(await fetch(url(`/api/v1/pixels/${id}`), { method: 'DELETE', headers: { origin } })).status;
		expect(await remove(ELSEWHERE)).toBe(403);
		expect(await remove(HERE)).toBe(200);
	});
});
