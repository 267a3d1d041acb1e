import { createRequire } from 'node:module';
import { join } from 'node:path';

import { publishWorkflow } from '../../scripts/lib/n8n';
import { openEmbeddedStore } from '../../src/storage/embedded-store';
import { startStandIn, type HttpStandIn, type Received } from '../support/http-stand-in';
import {
	bundledWorkflow,
	startInstance,
	untilLive,
	type N8nInstance,
	type WorkflowJson,
} from '../support/n8n-instance';
import { fillSampleStore } from '../support/sample-store';

// The official SDK, in the version that n8n brings.
const sdk = createRequire(join(__dirname, '../../runtime/package.json'));

interface McpClient {
	connect(transport: unknown): Promise<void>;
	listTools(): Promise<{
		tools: Array<{ name: string; description: string; inputSchema: { properties: object } }>;
	}>;
	callTool(call: {
		name: string;
		arguments: Record<string, string>;
	}): Promise<{ isError?: boolean; content: Array<{ text: string }> }>;
	close(): Promise<void>;
}

/** A client of a Model Context Protocol server, before it is connected. */
function mcpClient(url: string, token: string | null) {
	const { Client } = sdk('@modelcontextprotocol/sdk/client/index.js') as {
		Client: new (about: { name: string; version: string }) => McpClient;
	};
	const { StreamableHTTPClientTransport } = sdk(
		'@modelcontextprotocol/sdk/client/streamableHttp.js',
	) as {
		StreamableHTTPClientTransport: new (url: URL, options: object) => unknown;
	};
	const headers = token === null ? {} : { authorization: `Bearer ${token}` };
	const client = new Client({ name: 'test', version: '1' });
	const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
	return { client, connect: async () => await client.connect(transport) };
}

describe('asking about opens in a real n8n', () => {
	let n8n: N8nInstance;
	let model: HttpStandIn;
	const heard: string[] = [];

	/** A model that looks a campaign up, asks for its numbers, and says what it was told. */
	const play = ({ body }: Received) => {
		const { messages } = JSON.parse(body) as {
			messages: Array<{ role: string; content: string }>;
		};
		const results = messages.filter(({ role }) => role === 'tool');
		heard.push(...results.slice(-1).map(({ content }) => content));
		const calls = [
			['Find_Campaigns', { search: 'newsletter' }],
			['How_Is_a_Campaign_Doing', { campaignId: 'newsletter' }],
		] as const;
		const next = calls[results.length];
		const message = next
			? {
					role: 'assistant',
					content: null,
					tool_calls: [
						{
							id: `call-${results.length}`,
							type: 'function',
							function: { name: next[0], arguments: JSON.stringify(next[1]) },
						},
					],
				}
			: { role: 'assistant', content: `The tool says: ${results[1].content}` };
		return {
			status: 200,
			body: {
				id: 'answer',
				object: 'chat.completion',
				created: 1,
				model: 'stand-in',
				choices: [{ index: 0, message, finish_reason: next ? 'tool_calls' : 'stop' }],
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

		it('lists the five questions, calls them, and says what it does not know', async () => {
			const { client, connect } = mcpClient(url(), 'a-long-token');
			await connect();
			const { tools } = await client.listTools();
			expect(tools.map(({ name }) => name).sort()).toEqual([
				'Compare_Campaigns',
				'Find_Campaigns',
				'How_Is_a_Campaign_Doing',
				'Who_Has_Not_Opened',
				'Who_Opened',
			]);
			for (const { description } of tools) {
				expect(description).toContain('does not prove that anybody read the email');
			}
			const ask = async (name: string, campaign: Record<string, string>) => {
				const { content } = await client.callTool({ name, arguments: campaign });
				return content.map(({ text }) => text).join('\n');
			};
			const doing = await ask('How_Is_a_Campaign_Doing', { campaignId: 'newsletter' });
			expect(doing).toMatch(/The 95 % interval is \d+ to \d+ %/);
			expect(doing).not.toContain('@example.com');
			expect(await ask('Who_Has_Not_Opened', { campaignId: 'newsletter' })).toContain(
				'have no counted open',
			);
			expect(await ask('Who_Opened', { campaignId: 'a title, no ID' })).toContain(
				'There is no campaign with this ID',
			);
			const erase = client.callTool({ name: 'Erase_Person', arguments: { recipientId: 'r-1' } });
			const refused = await erase.then(
				({ isError }) => isError === true,
				() => true,
			);
			expect(refused).toBe(true);
			await client.close();
		}, 120_000);

		it.each([null, 'another-token'])('refuses a client with the token %s', async (token) => {
			await expect(mcpClient(url(), token).connect()).rejects.toThrow(
				'Authorization data is wrong',
			);
		});
	});

	it('in a chat, the agent answers with what its tools say, and how sure they are', async () => {
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
		const answer = await fetch(`${n8n.url}/webhook/ask-about-opens-chat/chat`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({
				action: 'sendMessage',
				sessionId: 'one',
				chatInput: 'How is our newsletter doing?',
			}),
		});
		const { output } = (await answer.json()) as { output: string };
		expect(output).toMatch(/^The tool says: .*The 95 % interval is \d+ to \d+ %/s);
		expect(output).toContain('not that anybody read it');
		expect(heard[0]).toContain('"campaignId":"newsletter"');
	}, 120_000);
});
