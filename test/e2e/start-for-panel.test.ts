import type { Browser } from 'playwright-core';

import { publishWorkflow } from '../../scripts/lib/n8n';
import { keepPicture, launchBrowser } from '../support/browser';
import { openEditor, type Editor, type Panel } from '../support/editor';
import {
	bundledWorkflow,
	eventually,
	publicationFailure,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';

/** Waits until so many labels and notices of a panel, which follows a choice a moment later, read so. */
async function shows(panel: Panel, text: RegExp, times = 1): Promise<void> {
	const found = async () => (await panel.labels()).filter((label) => text.test(label));
	await eventually(async () => (await found()).length === times).catch(async () =>
		expect(await panel.labels()).toEqual(`${times} times ${text}`),
	);
}

describe('choosing what a workflow starts for, in the editor of a real n8n', () => {
	let n8n: N8nInstance;
	let browser: Browser;
	let editor: Editor;

	beforeAll(async () => {
		[n8n, browser] = await Promise.all([startInstance({ workflows: [] }), launchBrowser()]);
		const { id } = await n8n.rest('POST', '/workflows', {
			...bundledWorkflow('tell-first-open.json'),
			id: undefined,
		});
		editor = await openEditor(browser, n8n, String(id));
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close()]);
	}, 60_000);

	it('offers it below Respond, and says where it cannot be known', async () => {
		const panel = await editor.openPanel('Email Open Trigger');
		const labels = await panel.labels();
		expect(labels.indexOf('Start For')).toBe(labels.indexOf('Respond') + 1);
		expect(await panel.list('startFor')).toEqual([
			'Counted Opens',
			'Every Load',
			'First Counted Open',
			'Opens After Quiet Days',
		]);
		await panel.choose('startFor', 'Opens After Quiet Days');
		await shows(panel, /^Quiet Days$/);
		await panel.choose('trackingMode', 'Hygiene');
		await shows(panel, /^The tracking modes Off, Aggregate, Hygiene, and .* cannot be known/);
		await keepPicture(editor.page, 'start-for');
		await panel.choose('respond', 'Using Respond and Log Open Node');
		await shows(panel, /^Start For$/, 0);
		await panel.close();
	}, 120_000);

	it('offers the store as where batches come from, with the fields that belong to it alone', async () => {
		const { id } = await n8n.rest('POST', '/workflows', {
			...bundledWorkflow('high-volume.json'),
			id: undefined,
		});
		const other = await openEditor(browser, n8n, String(id));
		const panel = await other.openPanel('Open Collector Trigger');
		expect(await panel.list('source')).toEqual(['Email Open Triggers', 'Own Port', 'Store']);
		await panel.choose('startFor', 'First Counted Open');
		await panel.choose('trackingMode', 'Hygiene');
		await shows(panel, /cannot be known/);
		await panel.choose('source', 'Store');
		await shows(panel, /cannot be known/, 0);
		const labels = await panel.labels();
		for (const name of ['Batch Size', 'Batch Interval (Seconds)', 'Start For']) {
			expect(labels).toContain(name);
		}
		for (const name of ['Port', 'Tracking Mode']) expect(labels).not.toContain(name);
		expect(labels).toContainEqual(expect.stringMatching(/^Opens in the tracking modes Aggregate/));
		expect(await panel.addable('Options')).toEqual(['Include Opens Stored Before']);
		await keepPicture(other.page, 'batches-from-the-store');
		await other.context.close();
	}, 120_000);

	it('does not publish what could never start, and says why', async () => {
		const workflow: WorkflowJson = bundledWorkflow('tell-first-open.json');
		workflow.nodes = workflow.nodes.filter(({ name }) => name === 'Email Open Trigger');
		workflow.connections = {};
		workflow.nodes[0].parameters.trackingMode = 'hygiene';
		const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		await publishWorkflow(n8n.rest, String(id));
		expect(await publicationFailure(n8n.rest, String(id))).toContain(
			'keep no opens of single recipients, so which one is the first cannot be known',
		);
	}, 120_000);
});
