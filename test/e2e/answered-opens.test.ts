import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { canMountDisks, mountSmallDisk, type SmallDisk } from '../support/small-disk';

const CRASHES = 4;

/** The bundled workflow, whose second step a test can replace. */
function workflowWith(tracking?: Partial<WorkflowJson['nodes'][number]>): WorkflowJson {
	const workflow = bundledWorkflow('email-open-tracking.json');
	const step = workflow.nodes.find(({ name }) => name === 'Tracking Pixel')!;
	Object.assign(step, tracking);
	return workflow;
}

describe('what a real n8n has answered with the image', () => {
	const folder = mkdtempSync(join(tmpdir(), 'email-open-tracking-answered-'));
	let n8n: N8nInstance;
	let workflow: WorkflowJson;
	let disk: SmallDisk | undefined;
	beforeAll(async () => {
		if (canMountDisks) disk = mountSmallDisk(join(folder, '.n8n'), 100);
		workflow = workflowWith();
		n8n = await startInstance({ workflows: [workflow], folder });
	}, 180_000);
	afterAll(async () => {
		await n8n?.stop();
		disk?.remove();
		rmSync(folder, { recursive: true, force: true });
	}, 60_000);

	const pixel = (id: string) => `${n8n.url}/webhook/email-open/pixel.png?id=${id}`;
	/** Loads an image. Resolves to whether it came. */
	const load = async (id: string): Promise<boolean> => {
		const response = await fetch(pixel(id)).catch(() => null);
		if (response === null) return false;
		const body = await response.arrayBuffer().catch(() => null);
		return response.headers.get('content-type') === 'image/png' && body !== null;
	};
	const served = async () => await eventually(async () => await load('served'), 60_000);
	/** How often each of these recipients is in the store */
	const countOf = (ids: readonly string[]): number[] => {
		const rows = n8n.rows('select recipient_id as id, count(*) as n from opens group by 1');
		const counts = new Map(rows.map(({ id, n }) => [id, Number(n)]));
		return ids.map((id) => counts.get(id) ?? 0);
	};

	it('is stored once, also where n8n is killed in the middle of many loads', async () => {
		const answered: string[] = [];
		for (let crash = 0; crash < CRASHES; crash += 1) {
			await served();
			await n8n.untilPublished();
			const before = answered.length;
			// Some one by one, and at every other crash more than start an execution each.
			const atOnce = crash % 2 === 1 ? 200 : 20;
			let isOver = false;
			const clients = Array.from({ length: atOnce }, async (_value, client) => {
				for (let turn = 0; !isOver; turn += 1) {
					const id = `crash-${crash}-${client}-${turn}`;
					if (await load(id)) answered.push(id);
				}
			});
			await eventually(() => answered.length - before >= 100, 60_000);
			await n8n.kill();
			isOver = true;
			await Promise.all(clients);
			// Nothing is loaded from here on until all of it is there.
			n8n = await startInstance({ workflows: [], folder });
			await eventually(() => countOf(answered).every((n) => n > 0), 60_000);
		}
		expect(countOf(answered)).toEqual(answered.map(() => 1));
	}, 400_000);

	(canMountDisks ? it : it.skip)(
		"is stored once the disk of n8n has room again, which took neither open nor n8n's own execution",
		async () => {
			await served();
			disk!.fill();
			const ids = Array.from({ length: 60 }, (_value, index) => `full-${index}`);
			const answered: string[] = [];
			for (const id of ids) if (await load(id)) answered.push(id);
			expect(answered).toEqual(ids);
			disk!.free();
			await eventually(() => countOf(ids).every((n) => n > 0), 90_000);
			expect(countOf(ids)).toEqual(ids.map(() => 1));
		},
		180_000,
	);

	it('is stored once the workflow works again, where a step of it had failed', async () => {
		await served();
		const publish = async (nodes: WorkflowJson['nodes']) => {
			const { versionId } = await n8n.rest('PATCH', `/workflows/${workflow.id}`, { nodes });
			await n8n.rest('POST', `/workflows/${workflow.id}/activate`, { versionId });
			await n8n.untilPublished();
		};
		const broken = workflowWith({
			type: 'n8n-nodes-base.stopAndError',
			typeVersion: 1,
			parameters: { errorMessage: 'step 2 is broken' },
			onError: undefined,
		});
		await publish(broken.nodes);
		const ids = Array.from({ length: 5 }, (_value, index) => `broken-${index}`);
		expect(await Promise.all(ids.map(load))).toEqual(ids.map(() => true));
		expect(countOf(ids)).toEqual(ids.map(() => 0));
		await publish(workflow.nodes);
		await eventually(() => countOf(ids).every((n) => n > 0), 90_000);
		expect(countOf(ids)).toEqual(ids.map(() => 1));
	}, 180_000);
});
