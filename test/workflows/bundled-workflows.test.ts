import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { INodeProperties, INodePropertyOptions, INodeTypeDescription } from 'n8n-workflow';

import type { WorkflowJson } from '../support/n8n-instance';

const loadBuilt = createRequire(__filename);
const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const files = readdirSync(join(root, 'workflows')).filter((name) => name.endsWith('.json'));
const workflows = files.map(
	(file) =>
		[
			file,
			JSON.parse(readFileSync(join(root, 'workflows', file), 'utf8')) as WorkflowJson,
		] as const,
);

type Description = Pick<
	INodeTypeDescription,
	'name' | 'version' | 'properties' | 'credentials' | 'usableAsTool'
> & {
	webhooks?: unknown[];
};

/** Every node type that a bundled workflow can use: ours as built, and those n8n brings. */
function knownNodes(): Map<string, Description[]> {
	const known = new Map<string, Description[]>();
	const add = (prefix: string, description: Description) =>
		known.set(`${prefix}.${description.name}`, [
			...(known.get(`${prefix}.${description.name}`) ?? []),
			description,
		]);
	for (const file of manifest.n8n.nodes as string[]) {
		const className = file.split('/').at(-1)!.replace('.node.js', '');
		const built = loadBuilt(join(root, file)) as Record<
			string,
			new () => { description: Description }
		>;
		const { description } = new built[className]();
		add(manifest.name, description);
		// n8n makes a tool of it.
		if (description.usableAsTool === true) {
			add(manifest.name, { ...description, name: `${description.name}Tool` });
		}
	}
	for (const [prefix, folder] of [
		['n8n-nodes-base', 'n8n-nodes-base'],
		['@n8n/n8n-nodes-langchain', '@n8n/n8n-nodes-langchain'],
	]) {
		const types = join(root, 'runtime', 'node_modules', folder, 'dist', 'types', 'nodes.json');
		if (!existsSync(types))
			throw new Error(`${types} is missing: run npm run check, which installs n8n`);
		for (const description of JSON.parse(readFileSync(types, 'utf8'))) add(prefix, description);
	}
	return known;
}

const known = knownNodes();

function descriptionOf(node: WorkflowJson['nodes'][number]): Description | undefined {
	return known
		.get(node.type)
		?.find(({ version }) =>
			(Array.isArray(version) ? version : [version]).includes(node.typeVersion),
		);
}

/** The names in `values` that no property declares, at any depth, and option values that do not exist. */
function undeclared(
	values: Record<string, unknown>,
	properties: INodeProperties[],
	path = '',
): string[] {
	return Object.entries(values).flatMap(([name, value]) => {
		const here = `${path}${name}`;
		const declared = properties.filter((property) => property.name === name);
		if (declared.length === 0) return [here];
		const isExpression = typeof value === 'string' && value.startsWith('=');
		if (declared[0].type === 'options' && !isExpression) {
			const options = declared.flatMap(
				(property) => (property.options ?? []) as INodePropertyOptions[],
			);
			const loads = declared.some((property) => property.typeOptions?.loadOptionsMethod);
			const wrong = [value].flat().filter((one) => !options.some((option) => option.value === one));
			if (!loads && wrong.length > 0) return [`${here} = ${wrong}`];
		}
		if (typeof value !== 'object' || value === null) return [];
		const children = declared.flatMap((property) => (property.options ?? []) as INodeProperties[]);
		if (declared[0].type === 'collection') {
			return undeclared(value as Record<string, unknown>, children, `${here}.`);
		}
		if (declared[0].type === 'fixedCollection') {
			return Object.entries(value).flatMap(([group, rows]) => {
				const groups = children.filter((child) => child.name === group);
				if (groups.length === 0) return [`${here}.${group}`];
				const inner = groups.flatMap(
					(child) => (child as unknown as { values: INodeProperties[] }).values,
				);
				return (Array.isArray(rows) ? rows : [rows]).flatMap((row) =>
					undeclared(row as Record<string, unknown>, inner, `${here}.${group}.`),
				);
			});
		}
		return [];
	});
}

describe.each(workflows)('workflows/%s', (file, workflow) => {
	it('uses only nodes and versions that exist', () => {
		const unknown = workflow.nodes
			.filter((node) => !descriptionOf(node))
			.map((node) => `${node.name}: ${node.type} ${node.typeVersion}`);
		expect(unknown).toEqual([]);
	});

	it('sets only parameters that the nodes have', () => {
		const wrong = workflow.nodes.flatMap((node) =>
			undeclared(node.parameters, descriptionOf(node)?.properties ?? []).map(
				(name) => `${node.name}: ${name}`,
			),
		);
		expect(wrong).toEqual([]);
	});

	it('connects nodes that exist', () => {
		const names = new Set(workflow.nodes.map(({ name }) => name));
		expect(names.size).toBe(workflow.nodes.length);
		const linked = Object.entries(workflow.connections).flatMap(([from, outputs]) => [
			from,
			...Object.values(outputs)
				.flat(2)
				.map(({ node }) => node),
		]);
		expect(linked.filter((name) => !names.has(name))).toEqual([]);
	});

	it('can be imported by command line and by paste: fixed ids, and a webhookId on each webhook', () => {
		expect(workflow.id).toBe(file.replace(/\.json$/, ''));
		expect(workflow.active).toBe(false);
		for (const node of workflow.nodes) {
			expect(node).toMatchObject({ id: expect.any(String), position: expect.any(Array) });
			if (descriptionOf(node)?.webhooks?.length) expect(node.webhookId).toEqual(expect.any(String));
		}
	});

	it('keeps no personal data in n8n, and carries none', () => {
		expect(workflow.settings).toMatchObject({
			executionOrder: 'v1',
			saveDataSuccessExecution: 'none',
			saveManualExecutions: false,
			saveExecutionProgress: false,
		});
		expect(workflow.settings?.saveDataErrorExecution).toBe('none');
		expect(Object.keys(workflow)).not.toEqual(
			expect.arrayContaining(['pinData', 'staticData', 'shared', 'versionId']),
		);
		expect(workflow.nodes.filter((node) => node.credentials)).toEqual([]);
		const addresses = JSON.stringify(workflow).match(/[\w.+-]+@[\w-]+\.[\w.]+/g) ?? [];
		expect(addresses.filter((address) => !/@example\.(com|org|net)$/.test(address))).toEqual([]);
	});

	it('explains itself in sticky notes', () => {
		const notes = workflow.nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		expect(notes.length).toBeGreaterThan(1);
		const text = notes.map((note) => String(note.parameters.content)).join('\n');
		for (const section of ['### Who it is for', '### How it works', '### How to set up']) {
			expect(text).toContain(section);
		}
	});
});

const logging = workflows.filter(([, { nodes }]) =>
	nodes.some(({ type }) => type.endsWith('.respondAndLogOpen')),
);

describe.each(logging)('an open that cannot be logged in workflows/%s', (_file, workflow) => {
	it('ends at a step of its own, and leaves no execution that waits', () => {
		expect(workflow.nodes.filter(({ type }) => type === 'n8n-nodes-base.wait')).toEqual([]);
		for (const node of workflow.nodes.filter(({ type }) => type.endsWith('.respondAndLogOpen'))) {
			expect(node.onError).toBe('continueErrorOutput');
			const [end] = workflow.connections[node.name].main[1];
			expect(end.node).toBe('Open Not Logged');
			expect(workflow.connections[end.node]).toBeUndefined();
		}
	});
});

describe('workflows/privacy-report.json', () => {
	const workflow = workflows.find(([file]) => file === 'privacy-report.json')![1];

	it('makes the report every month, and emails it with the page', () => {
		const monthly = workflow.nodes.find(({ name }) => name === 'On the First of the Month')!;
		expect(monthly.parameters).toMatchObject({ rule: { interval: [{ field: 'months' }] } });
		const next = (name: string) => workflow.connections[name].main[0].map(({ node }) => node);
		expect(next(monthly.name)).toEqual(['Privacy Report']);
		expect(next('Privacy Report')).toEqual(['Email the Officer']);
		const mail = workflow.nodes.find(({ name }) => name === 'Email the Officer')!;
		expect(mail.parameters).toMatchObject({ options: { attachments: 'data' } });
	});
});

describe('all bundled workflows together', () => {
	/** What a node listens at: its own setting, else what the node type has as its default. */
	const settingOf = (node: WorkflowJson['nodes'][number], name: string) =>
		node.parameters[name] ??
		descriptionOf(node)?.properties.find((property) => property.name === name)?.default;
	const addresses = workflows.flatMap(([file, workflow]) =>
		workflow.nodes
			.filter((node) => descriptionOf(node)?.webhooks?.length && settingOf(node, 'path'))
			.flatMap((node) =>
				[settingOf(node, 'httpMethod') ?? 'GET']
					.flat()
					.map((method) => ({ file, address: `${method} ${settingOf(node, 'path')}` })),
			),
	);

	it('can be published at the same time, but for those that answer the pixels of emails: one stands in for the other', () => {
		const shared = addresses.filter(({ address }, index) =>
			addresses.some((other, place) => place !== index && other.address === address),
		);
		expect(shared).toEqual([
			{ file: 'email-open-tracking-consent-required.json', address: 'GET email-open/pixel.png' },
			{ file: 'email-open-tracking.json', address: 'GET email-open/pixel.png' },
			{ file: 'email-opens-and-clicks.json', address: 'GET email-open/pixel.png' },
			{ file: 'send-tracked-campaign.json', address: 'GET email-open/pixel.png' },
			{ file: 'tell-first-open.json', address: 'GET email-open/pixel.png' },
		]);
	});

	it('have ids of their own', () => {
		const ids = workflows.map(([, { id }]) => id);
		expect(new Set(ids).size).toBe(ids.length);
	});
});
