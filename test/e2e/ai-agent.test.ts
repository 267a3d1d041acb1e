import { join } from 'node:path';

import { QUESTIONS } from '../../nodes/EmailOpenInsights/questions';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { startStandIn, type HttpStandIn, type Received } from '../support/http-stand-in';
import { startInstance, type N8nInstance, type WorkflowJson } from '../support/n8n-instance';
import { startByHand, type FinishedRun } from '../support/run-by-hand';
import { fillSampleStore } from '../support/sample-store';

const PACKAGE = 'n8n-nodes-email-open-tracking';
const LANGCHAIN = '@n8n/n8n-nodes-langchain';

/** What a model is sent: OpenAI's chat API, as far as this test looks at it. */
interface ChatRequest {
	messages: Array<{ role: string; content: string }>;
	tools?: Array<{
		function: {
			name: string;
			description: string;
			parameters: { properties: Record<string, { type: string; description: string }> };
		};
	}>;
}

type Node = WorkflowJson['nodes'][number];

const toolName = (operation: string) =>
	`${QUESTIONS.find(({ value }) => value === operation)!.action} in Email Open Insights`;

/** An agent with some tools, each as it is after a person added it and filled in nothing. */
function agentWorkflow(credential: { id: string; name: string }, tools: Node[]): WorkflowJson {
	const node = (
		name: string,
		type: string,
		typeVersion: number,
		more: Partial<Node> = {},
	): Node => ({
		id: name,
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters: {},
		...more,
	});
	const to = (name: string, type: string) => ({ [type]: [[{ node: name, type, index: 0 }]] });
	return {
		id: 'agent',
		name: 'Ask about opens',
		nodes: [
			node('Start', 'n8n-nodes-base.manualTrigger', 1),
			node('Agent', `${LANGCHAIN}.agent`, 3.1, {
				parameters: { promptType: 'define', text: 'How is our newsletter doing?', options: {} },
			}),
			node('Model', `${LANGCHAIN}.lmChatOpenAi`, 1.3, {
				parameters: {
					model: { __rl: true, mode: 'id', value: 'stand-in' },
					responsesApiEnabled: false,
					options: { maxRetries: 0 },
				},
				credentials: { openAiApi: credential },
			}),
			...tools,
		],
		connections: {
			Start: to('Agent', 'main'),
			Model: to('Agent', 'ai_languageModel'),
			...Object.fromEntries(tools.map(({ name }) => [name, to('Agent', 'ai_tool')])),
		},
		settings: { executionOrder: 'v1' },
	};
}

function toolNode(name: string, type: string, parameters: Node['parameters']): Node {
	return {
		id: name,
		name,
		type: `${PACKAGE}.${type}`,
		typeVersion: 1,
		position: [0, 0],
		parameters,
	};
}

describe('an AI agent in a real n8n', () => {
	let n8n: N8nInstance;
	let model: HttpStandIn;
	let credential: { id: string; name: string };
	const requests: ChatRequest[] = [];

	/** Calls one tool after the other, then answers with what the second one said. */
	const play = ({ body }: Received) => {
		const request = JSON.parse(body) as ChatRequest;
		requests.push(request);
		const results = request.messages.filter(({ role }) => role === 'tool');
		const calls = [
			{ name: toolName('findCampaigns'), args: { search: 'our newsletter' } },
			{ name: toolName('campaignRates'), args: { campaignId: 'newsletter' } },
			{ name: toolName('whoOpened'), args: { campaignId: 'newsletter' } },
			{ name: toolName('whoHasNotOpened'), args: { campaignId: 'newsletter' } },
			{
				name: toolName('compareCampaigns'),
				args: { campaignIds: 'newsletter, spring-launch' },
			},
			{ name: toolName('whoOpened'), args: { campaignId: 'a title, no ID' } },
		];
		const next = calls[results.length];
		const message =
			next === undefined
				? { role: 'assistant', content: `The tool says: ${results[1].content}` }
				: {
						role: 'assistant',
						content: null,
						tool_calls: [
							{
								id: `call-${results.length}`,
								type: 'function',
								function: {
									name: next.name.replaceAll(' ', '_'),
									arguments: JSON.stringify(next.args),
								},
							},
						],
					};
		return {
			status: 200,
			body: {
				id: `answer-${requests.length}`,
				object: 'chat.completion',
				created: 1,
				model: 'stand-in',
				choices: [{ index: 0, message, finish_reason: next === undefined ? 'stop' : 'tool_calls' }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			},
		};
	};

	beforeAll(async () => {
		model = await startStandIn(play);
		n8n = await startInstance({ workflows: [] });
		const store = await openEmbeddedStore({
			folder: join(n8n.folder, '.n8n', 'email-open-tracking'),
			queueMode: false,
		});
		await fillSampleStore(store, new Date());
		await store.close();
		const name = 'A model';
		const data = { apiKey: 'none', url: `${model.url}/v1` };
		const { id } = await n8n.rest('POST', '/credentials', { name, type: 'openAiApi', data });
		credential = { id: String(id), name };
	}, 240_000);
	afterAll(async () => {
		await n8n?.stop();
		await model?.stop();
	}, 60_000);

	const run = async (tools: Node[]): Promise<FinishedRun> => {
		const finished = await startByHand(n8n, agentWorkflow(credential, tools), 'Start');
		return await finished();
	};

	describe('with each question as a tool', () => {
		let done: FinishedRun;
		let results: string[];
		beforeAll(async () => {
			const tools = QUESTIONS.map(({ value }) =>
				toolNode(toolName(value), 'emailOpenInsightsTool', { operation: value }),
			);
			done = await run(tools);
			const { messages = [] } = requests.at(-1) ?? {};
			results = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
		}, 180_000);

		it('is offered what reads, with what each tool is for and what to fill in', () => {
			expect({ status: done.status, error: done.status === 'success' ? '' : done.data }).toEqual({
				status: 'success',
				error: '',
			});
			const offered = (requests[0].tools ?? []).map((tool) => tool.function);
			expect(offered.map(({ name }) => name).sort()).toEqual([
				'Compare_email_campaigns_in_Email_Open_Insights',
				'Find_email_campaigns_in_Email_Open_Insights',
				'See_how_an_email_campaign_is_doing_in_Email_Open_Insights',
				'See_who_has_not_opened_an_email_campaign_in_Email_Open_Insights',
				'See_who_opened_an_email_campaign_in_Email_Open_Insights',
			]);
			for (const { value, forModel, asked } of QUESTIONS) {
				const tool = offered.find(({ name }) => name === toolName(value).replaceAll(' ', '_'))!;
				expect(tool.description).toContain(forModel);
				expect(tool.description).toContain('does not prove that anybody read the email');
				expect(tool.parameters.properties).toEqual(
					Object.fromEntries(
						asked.map((field) => [
							field.property.name,
							{ type: 'string', description: field.forModel },
						]),
					),
				);
			}
			expect(JSON.stringify(offered)).not.toMatch(/delete|erase|withdraw|retention/i);
		});

		it('finds the campaign, and gets every answer with how sure it is', () => {
			expect(results.map((text) => text.slice(0, 60))).toHaveLength(6);
			expect(results[0]).toContain('"campaignId":"newsletter"');
			expect(results[1]).toMatch(
				/Open rate: \d+ % of the \d+ readers who can be seen; \d+ use an address that hides it\. The 95 % interval is \d+ to \d+ %/,
			);
			expect(results[2]).toContain('The 50 recipients who opened last are listed; there are more');
			expect(results[3]).toContain('recipients of 240 have no counted open');
			expect(results[4]).toContain('h after the first message');
			for (const result of results.slice(0, 5)) {
				expect(result).toContain('not that anybody read it');
				expect(result).not.toContain('@example.com');
			}
			expect(done.data).toContain('The tool says: ');
		});

		it('is told what to do about a campaign that there is not', () => {
			expect(results[5]).toContain('There is no campaign with this ID. Find Campaigns looks it up');
		});
	});

	it('gets no tool of Open Tracking, which deletes and erases', async () => {
		const before = requests.length;
		const tool = toolNode('Erase', 'openTrackingTool', {
			resource: 'privacy',
			operation: 'erase',
			personId: { __rl: true, mode: 'id', value: 'r-1' },
		});
		const { status, data } = await run([tool]).catch((error: unknown) => ({
			status: 'error',
			data: String(error),
		}));
		expect(status).toBe('error');
		expect(data).toMatch(/cannot be used as a tool|Unrecognized node type/);
		expect(requests).toHaveLength(before);
	}, 180_000);
});
