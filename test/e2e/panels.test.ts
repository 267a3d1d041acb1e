import { randomUUID } from 'node:crypto';

import type { ICredentialType, INodeParameters, INodeTypeDescription } from 'n8n-workflow';
import type { Browser } from 'playwright-core';

import { SINKS } from '../../src/sinks/registry';
import { launchBrowser, MAIL_PROGRAM } from '../support/browser';
import { openEditor, settled, type Editor, type Panel } from '../support/editor';
import {
	bundledWorkflow,
	eventually,
	startInstance,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { namesInDocs, namesInWorkflows } from '../support/names-in-docs';
import {
	allChoices,
	offeredBy,
	optionsOf,
	panelDescriptions,
	shownFor,
} from '../support/node-panel';

const PACKAGE = 'n8n-nodes-email-open-tracking';
const READER = 'reader-42';

/** What n8n itself calls its own, in the panels of its nodes, its settings and its dialogs. */
const NAMES_OF_N8N = [
	'Always Output Data',
	'Assert Queue',
	'Attachments (Inline)',
	'Authentication → Header Auth',
	'Basic Auth',
	'Bearer Auth',
	'Chat',
	'Delete From Queue When',
	'Execution Finishes Successfully',
	'Header Auth',
	'JSON Parse Body',
	'On Error',
	'Only Content',
	'Save execution progress',
	'Save failed / successful / manual executions',
	'Wait for Sub-Workflow Completion',
];

function node(
	name: string,
	type: string,
	[column, row]: [number, number],
	more: Partial<WorkflowJson['nodes'][number]> = {},
): WorkflowJson['nodes'][number] {
	return {
		id: name.toLowerCase().replaceAll(' ', '-'),
		name,
		type,
		typeVersion: 1,
		position: [column * 260, row * 180],
		parameters: {},
		...more,
	};
}

/** One workflow with every node of the package, as a person gets them who adds and keeps them. */
function allNodes(descriptions: INodeTypeDescription[]): WorkflowJson {
	const ours = descriptions.map((description, index) =>
		node(
			description.displayName,
			`${PACKAGE}.${description.name}`,
			[2 + (index % 3), Math.floor(index / 3)],
			{
				typeVersion: [description.version].flat()[0],
				...(description.webhooks && { webhookId: description.name }),
			},
		),
	);
	// What n8n's own Webhook node gives out, so that each operation finds what it needs.
	const request = node('Request', 'n8n-nodes-base.set', [1, 0], {
		typeVersion: 3.4,
		parameters: {
			mode: 'raw',
			jsonOutput: JSON.stringify({
				headers: { accept: 'application/json' },
			}),
		},
	});
	const to = (name: string, type = 'main') => ({ node: name, type, index: 0 });
	return {
		id: 'all-nodes',
		name: 'All nodes',
		nodes: [
			node('Start', 'n8n-nodes-base.manualTrigger', [0, 0]),
			request,
			node('AI Agent', '@n8n/n8n-nodes-langchain.agent', [6, 0], { typeVersion: 2.2 }),
			...ours,
		],
		connections: {
			Start: { main: [[to('Request')]] },
			Request: { main: [[to('Open Tracking')]] },
			'Email Open Insights Tool': { ai_tool: [[to('AI Agent', 'ai_tool')]] },
		},
		settings: { executionOrder: 'v1' },
	};
}

describe("the panels of the nodes in n8n's editor", () => {
	let n8n: N8nInstance;
	let browser: Browser;
	let editor: Editor;
	let descriptions: INodeTypeDescription[];
	/** What the button of each credential calls it */
	let credentialNames: Map<string, string>;
	/** The fields of the dialogs of our credentials, as n8n serves them to its editor */
	let credentialFields: string[];
	/** Every name that was seen, by node; of what stands in a list below a name, also the path */
	const seen = new Map<string, Set<string>>();

	beforeAll(async () => {
		descriptions = await panelDescriptions();
		[n8n, browser] = await Promise.all([
			startInstance({ workflows: [bundledWorkflow('email-open-tracking.json')] }),
			launchBrowser(),
		]);
		const pixel = `${n8n.url}/webhook/email-open/pixel.png?id=${READER}`;
		await eventually(async () => (await fetch(pixel, { method: 'HEAD' })).ok, 60_000);
		await fetch(pixel, { headers: { 'user-agent': MAIL_PROGRAM } });
		await eventually(() => n8n.rows('select event_id from opens').length === 1, 60_000);
		const { id } = await n8n.rest('POST', '/workflows', allNodes(descriptions));
		editor = await openEditor(browser, n8n, String(id));
		const types = await editor.context.request.get(`${n8n.url}/types/credentials.json`, {
			// n8n closes connections that were idle for a while.
			maxRetries: 3,
		});
		const credentials = (await types.json()) as ICredentialType[];
		credentialNames = new Map(
			credentials.map(({ name, displayName }) => [
				name,
				displayName.replace(/ (API|OAuth2)\b/g, ''),
			]),
		);
		credentialFields = credentials
			.filter(({ name }) => /^(emailOpenTracking|openTracking|hostedPixelTracker)/.test(name))
			.flatMap(({ properties }) => properties.map(({ displayName }) => displayName));
	}, 240_000);
	afterAll(async () => {
		await Promise.all([n8n?.stop(), browser?.close()]);
	}, 60_000);

	const descriptionOf = (name: string) =>
		descriptions.find((description) => description.name === name)!;

	/** Sees that the panel shows exactly what belongs to what was chosen, and notes all names. */
	async function look(panel: Panel, description: INodeTypeDescription, chosen: INodeParameters) {
		const { parameters, credentials } = shownFor(description, chosen);
		// Below a field that the model fills in stands what it reads about the field.
		const labels = parameters.flatMap((parameter) =>
			JSON.stringify(parameter.default).includes('$fromAI(')
				? [parameter.displayName, 'Description']
				: [parameter.displayName],
		);
		expect({ chosen, labels: await settled(panel.labels, labels) }).toEqual({ chosen, labels });
		const logins = credentials.map(({ name }) => credentialNames.get(name)!);
		expect({ chosen, logins: await settled(panel.credentials, logins) }).toEqual({
			chosen,
			logins,
		});
		const names = seen.get(description.displayName)!;
		for (const name of [...labels, ...logins, ...pathsOf(description, chosen)]) names.add(name);
		for (const parameter of parameters) {
			const below = offeredBy(description, parameter, chosen);
			const paths = below.map((name) => `${parameter.displayName} → ${name}`);
			if (paths.every((path) => names.has(path))) continue;
			const found =
				parameter.type === 'collection'
					? await panel.addable(parameter.displayName)
					: await panel.list(parameter.name);
			// n8n adds a choice of its own to operations of nodes that have a login.
			expect(found.filter((name) => name !== 'Custom API Call')).toEqual(below);
			for (const name of [...below, ...paths]) names.add(name);
		}
	}

	describe.each([
		'openTrackingTrigger',
		'trackingApiTrigger',
		'openCollectorTrigger',
		'trackingPixel',
		'respondAndLogOpen',
		'openTracking',
		'emailOpenInsights',
		'emailOpenInsightsTool',
		'openEventSink',
		'trackingConsentFilter',
		'openDataMinimizer',
	])('%s', (name) => {
		it('shows each choice, takes it by mouse, and shows the fields and the login of it', async () => {
			const description = descriptionOf(name);
			seen.set(description.displayName, new Set());
			const panel = await editor.openPanel(description.displayName);
			await look(panel, description, {});
			let before: INodeParameters = {};
			for (const choice of allChoices(description)) {
				const selectors = Object.keys(choice);
				const changed = selectors.findIndex((selector) => choice[selector] !== before[selector]);
				for (const selector of selectors.slice(changed)) {
					await panel.choose(selector, optionName(description, choice, selector));
				}
				await look(panel, description, choice);
				before = choice;
			}
			await panel.close();
		}, 300_000);

		it('shows the credential for store and keys once that is chosen', async () => {
			const description = descriptionOf(name);
			const panel = await editor.openPanel(description.displayName);
			// What was chosen last may have no use for a store.
			const chosen = {
				...allChoices(description).find((choice) =>
					shownFor(description, choice).parameters.some((one) => one.name === 'storeAndKeys'),
				),
			};
			for (const selector of Object.keys(chosen)) {
				await panel.choose(selector, optionName(description, chosen, selector));
			}
			await panel.choose('storeAndKeys', 'From Credential');
			await look(panel, description, { ...chosen, storeAndKeys: 'credential' });
			await panel.choose('storeAndKeys', 'Built In');
			await look(panel, description, chosen);
			await panel.close();
		}, 60_000);
	});

	describe('Open Tracking', () => {
		let panel: Panel;
		let pixelId: string;
		beforeAll(async () => {
			panel = await editor.openPanel('Open Tracking');
		}, 60_000);

		/** Chooses an operation, fills its form, runs it, and sees what comes out. */
		const run = async (
			resource: string,
			operation: string,
			fill: () => Promise<void>,
			output: string,
		) => {
			await panel.choose('resource', resource);
			await panel.choose('operation', operation);
			await fill();
			await panel.execute(output);
		};
		const nothing = async () => {};

		it('makes a pixel', async () => {
			await run(
				'Pixel',
				'Create',
				async () => await panel.type('pixelName', 'Spring'),
				'imageType',
			);
			const [pixel] = n8n.rows("select id from pixels where name = 'Spring'");
			pixelId = String(pixel.id);
		}, 60_000);

		it('says whether the email with the pixel was opened', async () => {
			const fill = async () => {
				expect(await panel.pick('pixelId', 'spri')).toEqual(['Spring']);
			};
			await run('Status', 'Check', fill, 'lastOpenDay');
		}, 60_000);

		it('writes the recipients of the pixel to a file', async () => {
			const fill = async () => await panel.type('pixelId', pixelId);
			await run('Recipient', 'Export CSV', fill, 'recipients.csv');
		}, 60_000);

		it('lists the open that was recorded', async () => {
			await run('Open', 'Get Many', nothing, 'mail-client');
		}, 60_000);

		it('says where a person stands', async () => {
			const fill = async () => {
				expect(await panel.pick('personId', 'reader')).toEqual([READER]);
			};
			await run('Consent', 'Get', fill, 'performance');
		}, 60_000);

		it('makes the link by which a person gets a copy', async () => {
			const fill = async () => {
				await panel.choose('personBy', 'By Recipient ID');
				await panel.type('personId', READER);
			};
			await run('Privacy', 'Get Confirmation Link', fill, 'confirmationUrl');
		}, 60_000);

		it('counts what a nightly run would delete', async () => {
			await run('Retention', 'Dry Run', nothing, 'dryRun');
		}, 60_000);

		it('gives out totals', async () => {
			await run('Statistics', 'Dashboard', nothing, 'totals');
		}, 60_000);

		it('writes the dashboard to a file', async () => {
			await run('Report', 'Get Dashboard Page', nothing, 'dashboard.html');
		}, 60_000);
	});

	describe('the list of nodes', () => {
		const items = () => editor.page.getByTestId('node-creator-item-name');
		const search = async (text: string) => {
			await editor.page.getByTestId('node-creator-plus-button').first().click();
			await editor.page.getByTestId('node-creator-search-bar').fill(text);
			await items().first().waitFor();
		};
		beforeAll(async () => {
			const { page } = editor;
			if (await page.getByTestId('ndv').isVisible()) {
				await page.getByTestId('ndv-close-button').click();
			}
		}, 60_000);
		afterEach(async () => {
			await editor.page.reload();
			await editor.page.getByTestId('canvas-node').first().waitFor({ timeout: 60_000 });
		}, 90_000);

		it.each([
			['email opened', 'Open Tracking'],
			['newsletter', 'Open Tracking'],
			['read receipt', 'Open Tracking'],
			['open rate', 'Open Tracking'],
			['gdpr', 'Tracking Consent Filter'],
			['hubspot', 'Open Event Sink'],
		])(
			'leads from "%s" to %s',
			async (words, name) => {
				await search(words);
				await items().filter({ hasText: name }).first().waitFor();
			},
			90_000,
		);

		it('offers the trigger beside Open Tracking, and an action for each destination', async () => {
			const { page } = editor;
			await search('read receipt');
			await items().filter({ hasText: 'Open Tracking' }).first().click();
			await page.getByText('Triggers (1)').click();
			await page.getByText('On new Email Open event').waitFor();
			await page.reload();
			await search('hubspot');
			await items().filter({ hasText: 'Open Event Sink' }).first().click();
			await page.getByText('Send opens and clicks to HubSpot').waitFor();
		}, 120_000);
	});

	it('show the address with an ID in the panel of the trigger', async () => {
		const panel = await editor.openPanel('Email Open Trigger');
		await editor.page.getByText('Webhook URLs').click();
		await editor.page.getByText(`${n8n.url}/webhook-test/email-open/pixel.png?id=42`).waitFor();
		await editor.page.getByText('Listen for an email open').waitFor();
		await panel.close();
	}, 60_000);

	it('ship with output schemas that n8n serves to its editor', async () => {
		const read = async (path: string) =>
			await (await fetch(`${n8n.url}/schemas/${PACKAGE}.${path}.json`)).json();
		expect(await read('openTracking/1.0.0/open/getMany')).toMatchObject({
			properties: { recipientId: { type: ['string', 'null'] } },
		});
		expect(await read('respondAndLogOpen/1.0.0')).toMatchObject({
			properties: { client: { properties: { family: {} } } },
		});
		expect(await read('openEventSink/1.0.0/hubSpot')).toMatchObject({
			properties: { delivery: { properties: { status: {} } } },
		});
	});

	it('let a sink be published with the login of its destination, and not without', async () => {
		const publish = async (
			login: string,
			parameters: Record<string, string>,
			credentials: Record<string, { id: string; name: string }>,
		) => {
			const { id, versionId } = await n8n.rest('POST', '/workflows', {
				name: login,
				nodes: [
					node('Trigger', `${PACKAGE}.openTrackingTrigger`, [0, 0], {
						typeVersion: 2,
						webhookId: randomUUID(),
						parameters: { path: `${randomUUID()}.png` },
					}),
					node('Sink', `${PACKAGE}.openEventSink`, [1, 0], { parameters, credentials }),
				],
				connections: { Trigger: { main: [[{ node: 'Sink', type: 'main', index: 0 }]] } },
			});
			await n8n.rest('POST', `/workflows/${id}/activate`, { versionId });
		};
		const destinations = SINKS.map((sink): [string, Record<string, string>] => {
			const required = sink.parameters.filter((one) => one.type === 'string' && one.required);
			return [
				sink.credential.name,
				{
					operation: sink.name,
					...Object.fromEntries(required.map(({ name }) => [name, `${name}-value`])),
				},
			];
		});
		// The editor saves no value that is the default.
		destinations.push(['openTrackingSignedWebhookApi', {}]);
		for (const [login, parameters] of destinations) {
			// As n8n answers: this issue and no other.
			await expect(publish(login, parameters, {})).rejects.toThrow(
				`Node "Sink":\n  - Missing required credential: ${login} (n8n answered 400`,
			);
			const { id } = await n8n.rest('POST', '/credentials', { name: login, type: login, data: {} });
			await publish(login, parameters, { [login]: { id: String(id), name: login } });
		}
	}, 60_000);

	it('have everything that README, docs and notes name', () => {
		const nodeNames = descriptions.map(({ displayName }) => displayName);
		const elsewhere = new Set([
			...NAMES_OF_N8N,
			...nodeNames,
			...namesInWorkflows(),
			...credentialFields,
		]);
		const isKnown = (name: string) => {
			if (elsewhere.has(name)) return true;
			const [first, ...rest] = name.split(' → ');
			const inNode = seen.get(first);
			const names = inNode ? [inNode] : [...seen.values()];
			const wanted = inNode ? rest.join(' → ') : name;
			return names.some(
				(set) => set.has(wanted) || set.has(`${wanted} (Seconds)`) || set.has(`${wanted} (GB)`),
			);
		};
		expect(new Set(seen.keys())).toEqual(new Set(nodeNames));
		const named = namesInDocs();
		expect(named.length).toBeGreaterThan(60);
		expect(named.filter(({ name }) => !isKnown(name))).toEqual([]);
	});
});

/** The names of what was chosen, as a path: `Consent`, `Consent → Get Link`. */
function pathsOf(description: INodeTypeDescription, chosen: INodeParameters): string[] {
	const names = Object.keys(chosen).map((selector) => optionName(description, chosen, selector));
	return names.map((_, index) => names.slice(0, index + 1).join(' → '));
}

/** What the list of a parameter calls the value that was chosen. */
function optionName(
	description: INodeTypeDescription,
	chosen: INodeParameters,
	selector: string,
): string {
	return shownFor(description, chosen)
		.parameters.filter(({ name }) => name === selector)
		.flatMap(optionsOf)
		.find(({ value }) => value === chosen[selector])!.name;
}
