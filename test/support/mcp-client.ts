import { createRequire } from 'node:module';
import { join } from 'node:path';

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

/**
 * Connects the official client to a server that speaks the Model Context Protocol over HTTP.
 *
 * @param send stands in for `fetch`
 */
export async function connectMcp(
	url: string,
	token: string | null,
	send: (url: URL, init: RequestInit) => Promise<Response> = fetch,
): Promise<McpClient> {
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
	await client.connect(
		new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: send }),
	);
	return client;
}
