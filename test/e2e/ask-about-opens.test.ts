import { join } from 'node:path';

import type { IDataObject } from 'n8n-workflow';

import { QUESTIONS } from '../../nodes/EmailOpenInsights/questions';
import { publishWorkflow } from '../../scripts/lib/n8n';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import type { HttpStandIn } from '../support/http-stand-in';
import { ASKED, expectKnown, fillKnownStore, type Asked } from '../support/known-answers';
import { connectMcp } from '../support/mcp-client';
import {
	bundledWorkflow,
	startInstance,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { startByHand } from '../support/run-by-hand';
import { startScriptedModel, type ChatRequest } from '../support/scripted-model';

/** The name that n8n gives a tool, after that of its node. */
const toolOf = (operation: string) =>
	QUESTIONS.find(({ value }) => value === operation)!.name.replaceAll(' ', '_');

/** What a model calls, one after the other. */
const callsFor = ({ looksUp, tool, arguments: given }: Asked) => [
	...(looksUp === undefined
		? []
		: [{ tool: toolOf('findCampaigns'), arguments: { search: looksUp } }]),
	{ tool: toolOf(tool), arguments: given },
];

/** Holds what n8n says of the tools against what the questions say. */
function expectTools(offered: Array<{ name: string; description: string; fields: object }>): void {
	expect(offered.map(({ name }) => name).sort()).toEqual(
		QUESTIONS.map(({ value }) => toolOf(value)).sort(),
	);
	for (const { value, forModel, caveat, asked } of QUESTIONS) {
		const fields = asked.map(({ property, forModel: description }) => [
			property.name,
			{ type: 'string', description },
		]);
		expect(offered.find(({ name }) => name === toolOf(value))).toEqual({
			name: toolOf(value),
			description: `${forModel} ${caveat}`,
			fields: Object.fromEntries(fields),
		});
	}
	expect(JSON.stringify(offered)).not.toMatch(/delete|erase|withdraw|retention/i);
}

describe('asking about opens in a real n8n', () => {
	let n8n: N8nInstance;
	let model: HttpStandIn;
	/** What n8n sent the model, by question */
	const heard = new Map<string, ChatRequest[]>();

	beforeAll(async () => {
		// Calls the tool that the question is for, and answers with what the tool said.
		model = await startScriptedModel((request) => {
			const question = request.messages.findLast(({ role }) => role === 'user')!.content;
			heard.set(question, [...(heard.get(question) ?? []), request]);
			const asked = ASKED.find(({ asks }) => asks === question)!;
			const calls = callsFor(asked);
			const results = request.messages.filter(({ role }) => role === 'tool');
			return calls[results.length] ?? { answer: `The tool says: ${results.at(-1)!.content}` };
		});
		n8n = await startInstance({ workflows: [] });
		const store = await openEmbeddedStore({
			folder: join(n8n.folder, '.n8n', 'email-open-tracking'),
			queueMode: false,
		});
		await fillKnownStore(store);
		await store.close();
	}, 240_000);
	afterAll(async () => {
		await n8n?.stop();
		await model?.stop();
	}, 60_000);

	const credential = async (type: string, data: Record<string, string>) => {
		const { id } = await n8n.rest('POST', '/credentials', { name: type, type, data });
		return { [type]: { id: String(id), name: type } };
	};
	/** Publishes a bundled workflow after one credential was chosen, as its note says. */
	const publish = async (
		workflow: WorkflowJson,
		name: string,
		credentials: Record<string, { id: string; name: string }>,
	) => {
		workflow.nodes.find((node) => node.name === name)!.credentials = credentials;
		const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined });
		await publishWorkflow(n8n.rest, String(id));
		await untilLive(n8n.rest, String(id));
	};

	describe('over MCP, with the official client', () => {
		const url = () => `${n8n.url}/mcp/email-opens`;
		beforeAll(async () => {
			await publish(
				bundledWorkflow('serve-opens-over-mcp.json'),
				'MCP Server Trigger',
				await credential('httpBearerAuth', { token: 'a-long-token' }),
			);
		}, 120_000);

		it('lists the questions, answers each, and calls nothing else', async () => {
			const client = await connectMcp(url(), 'a-long-token');
			const { tools } = await client.listTools();
			expectTools(
				tools.map(({ name, description, inputSchema }) => ({
					name,
					description,
					fields: inputSchema.properties,
				})),
			);
			const ask = async ({ tool, arguments: given }: Asked) => {
				const { content } = await client.callTool({ name: toolOf(tool), arguments: given });
				return content.map(({ text }) => text).join('\n');
			};
			for (const { value } of QUESTIONS) {
				const asked = ASKED.find(({ tool, refuses }) => tool === value && !refuses)!;
				expectKnown(asked, answerIn(await ask(asked)));
			}
			const refused = ASKED.find(({ tool, refuses }) => tool === 'campaignRates' && refuses)!;
			expect(await ask(refused)).toContain(refused.refuses);
			const erase = client.callTool({ name: 'Erase_Person', arguments: { recipientId: 'r-1' } });
			const isRefused = await erase.then(
				({ isError }) => isError === true,
				() => true,
			);
			expect(isRefused).toBe(true);
			await client.close();
		}, 120_000);

		it.each([null, 'another-token'])('refuses a client with the token %s', async (token) => {
			await expect(connectMcp(url(), token)).rejects.toThrow('Authorization data is wrong');
		});
	});

	describe('in a chat with an agent', () => {
		beforeAll(async () => {
			const workflow = bundledWorkflow('ask-about-opens.json');
			const parametersOf = (name: string) =>
				workflow.nodes.find((node) => node.name === name)!.parameters;
			// The chat of the editor needs a browser; a public one answers a request.
			parametersOf('When a Question Comes').public = true;
			Object.assign(parametersOf('Chat Model'), { responsesApiEnabled: false });
			await publish(
				workflow,
				'Chat Model',
				await credential('openAiApi', { apiKey: 'none', url: `${model.url}/v1` }),
			);
		}, 120_000);

		it.each(ASKED)(
			'$asks',
			async (asked) => {
				const response = await fetch(`${n8n.url}/webhook/ask-about-opens-chat/chat`, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body: JSON.stringify({
						action: 'sendMessage',
						sessionId: asked.asks,
						chatInput: asked.asks,
					}),
				});
				const { output } = (await response.json()) as { output: string };
				expect(output).toMatch(/^The tool says: /);
				if (asked.refuses === undefined) expectKnown(asked, answerIn(output));
				else expect(output).toContain(asked.refuses);
				const [first, ...later] = heard.get(asked.asks)!;
				expect(later).toHaveLength(callsFor(asked).length);
				expectTools(
					(first.tools ?? []).map(({ function: { name, description, parameters } }) => ({
						name,
						description,
						fields: parameters.properties,
					})),
				);
			},
			60_000,
		);
	});

	it('gives an agent no tool of Open Tracking, which deletes and erases', async () => {
		const workflow = bundledWorkflow('ask-about-opens.json');
		const [erase] = workflow.nodes.filter(({ name }) => name === 'Who Opened');
		erase.type = 'n8n-nodes-email-open-tracking.openTrackingTool';
		erase.parameters = {
			resource: 'privacy',
			operation: 'erase',
			personId: { __rl: true, mode: 'id', value: 'r-1' },
		};
		const run = startByHand(n8n, workflow, 'When a Question Comes');
		const { status, data } = await run
			.then(async (finished) => await finished())
			.catch((error: unknown) => ({ status: 'error', data: String(error) }));
		expect(status).toBe('error');
		expect(data).toMatch(/cannot be used as a tool|Unrecognized node type/);
	}, 120_000);
});

/** The answer of a tool, out of the text around it. */
function answerIn(text: string): IDataObject {
	const found: unknown = JSON.parse(text.slice(text.search(/[[{]/)));
	return [found].flat()[0] as IDataObject;
}
