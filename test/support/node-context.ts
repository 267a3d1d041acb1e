import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import type {
	IExecuteFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	INodeExecutionData,
	INodeType,
} from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

/**
 * An execute context for one node that is strict where n8n is lenient: reading a parameter that
 * the node does not declare, or that its own display rules hide, throws. Values not given take
 * the declared default, as in n8n. Of expressions only a path into the item is understood, such as
 * `={{ $json.tracking.pixelId }}`, and like n8n's they give `undefined` where the item has no such
 * field. (The idea of the checking double is n8n-nodes-imap's.)
 *
 * @param options `webhookMethod`, `webhookParameters`: the node stands behind a Webhook node with this
 *   HTTP method, and these other parameters
 */
export function executeContext(
	nodeType: INodeType,
	items: INodeExecutionData[],
	options: {
		parameters?: Record<string, unknown>;
		continueOnFail?: boolean;
		/** Default: as behind a published trigger */
		mode?: 'webhook' | 'manual';
		credentials?: Record<string, Record<string, unknown>>;
		webhookMethod?: string;
		/** What that node asks for */
		webhookAuthentication?: string;
		webhookParameters?: Record<string, unknown>;
		/** What n8n keeps for the node between runs */
		staticData?: Record<string, unknown>;
		/** Stands in for n8n's HTTP helper; default: one that sends the request */
		httpRequest?: (request: IHttpRequestOptions) => Promise<unknown>;
	} = {},
): { context: IExecuteFunctions; responses: unknown[]; hints: unknown[] } {
	const { description } = nodeType;
	const version = Array.isArray(description.version) ? description.version[0] : description.version;
	const node = {
		id: 'node',
		name: description.displayName,
		type: `n8n-nodes-email-open-tracking.${description.name}`,
		typeVersion: version,
		position: [0, 0] as [number, number],
		parameters: {},
		credentials: Object.fromEntries(
			Object.keys(options.credentials ?? {}).map((name) => [name, { id: randomUUID(), name }]),
		),
	};
	const parameters =
		NodeHelpers.getNodeParameters(
			description.properties,
			{ ...workingWith(options.credentials), ...options.parameters } as never,
			true,
			false,
			node,
			description,
		) ?? {};
	node.parameters = parameters;
	const responses: unknown[] = [];
	const hints: unknown[] = [];
	const frozen = items.map((item) => deepFreeze(item));

	const context = {
		getInputData: () => frozen,
		getNode: () => node,
		getWorkflow: () => ({ id: 'workflow-1', name: 'Workflow', active: true }),
		getMode: () => options.mode ?? 'webhook',
		getExecutionId: () => 'execution-1',
		getWorkflowDataProxy: () => ({
			$execution: { resumeUrl: 'https://n8n.example.com/webhook-waiting/execution-1' },
		}),
		getExecutionCancelSignal: () => undefined,
		getWorkflowStaticData: () => options.staticData ?? {},
		getTimezone: () => 'Europe/Berlin',
		getInputSourceData: () => ({ previousNode: 'Before' }),
		getParentNodes: () =>
			options.webhookMethod === undefined && options.webhookParameters === undefined
				? []
				: [
						{
							name: 'Before',
							type: 'n8n-nodes-base.webhook',
							parameters: {
								httpMethod: options.webhookMethod,
								authentication: options.webhookAuthentication ?? 'headerAuth',
								...options.webhookParameters,
							},
						},
					],
		continueOnFail: () => options.continueOnFail ?? false,
		sendResponse: (response: unknown) => responses.push(response),
		addExecutionHints: (...given: unknown[]) => hints.push(...given),
		logger: { debug() {}, info() {}, warn() {}, error() {} },
		getNodeParameter(name: string, index: number, fallback?: unknown) {
			if (!(name in parameters) && fallback === undefined) {
				const declared = description.properties.some((property) => property.name === name);
				throw new Error(
					declared
						? `The parameter "${name}" is hidden for these values`
						: `The node does not declare the parameter "${name}"`,
				);
			}
			return resolved(parameters[name] ?? fallback, frozen[index]);
		},
		async getCredentials(name: string) {
			const credential = options.credentials?.[name];
			if (!credential) throw new Error(`No credential "${name}" was given`);
			return credential;
		},
		helpers: {
			httpRequest: options.httpRequest ?? sendStreamed,
			async getBinaryDataBuffer(index: number, field: string) {
				return Buffer.from(items[index].binary?.[field].data ?? '', 'base64');
			},
			async prepareBinaryData(content: Buffer | Readable, fileName: string, mimeType: string) {
				const bytes = Buffer.isBuffer(content) ? content : await buffer(content);
				return { data: bytes.toString('base64'), fileName, mimeType };
			},
		},
	};
	return { context: context as unknown as IExecuteFunctions, responses, hints };
}

/** A node that is given our credential works with it. */
function workingWith(credentials: object = {}) {
	return 'emailOpenTrackingApi' in credentials ? { storeAndKeys: 'credential' } : {};
}

/** What n8n's HTTP helper does with a request whose answer is wanted whole, as a stream. */
async function sendStreamed(request: IHttpRequestOptions): Promise<IN8nHttpFullResponse> {
	const { encoding, returnFullResponse, ignoreHttpStatusErrors, disableFollowRedirect } = request;
	expect({ encoding, returnFullResponse, ignoreHttpStatusErrors, disableFollowRedirect }).toEqual({
		encoding: 'stream',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
	});
	const { status, headers, body } = await fetch(request.url, {
		method: request.method,
		headers: request.headers as Record<string, string>,
		body: request.body as string | undefined,
		signal: request.abortSignal as AbortSignal,
		redirect: 'manual',
	});
	return {
		statusCode: status,
		headers: Object.fromEntries(headers),
		body: Readable.from(body ?? []),
	};
}

const PATH = /^=\{\{ \$json((?:\.\w+|\["[^"]+"\])*) \}\}$/;

/** A parameter with its expressions worked out, at any depth. */
function resolved(value: unknown, item: INodeExecutionData): unknown {
	if (Array.isArray(value)) return value.map((one) => resolved(one, item));
	if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
		return Object.fromEntries(
			Object.entries(value).map(([name, inner]) => [name, resolved(inner, item)]),
		);
	}
	if (typeof value !== 'string' || !value.startsWith('=')) return value;
	const path = PATH.exec(value)?.[1];
	if (path === undefined) throw new Error(`The test context does not understand ${value}`);
	let found: unknown = item.json;
	for (const [, name, quoted] of path.matchAll(/\.(\w+)|\["([^"]+)"\]/g)) {
		found = (found as Record<string, unknown> | null | undefined)?.[name ?? quoted];
	}
	return found;
}

/** Runs a node once over `items`. */
export async function executeNode(
	nodeType: INodeType,
	items: INodeExecutionData[],
	options?: Parameters<typeof executeContext>[2],
): Promise<{ output: INodeExecutionData[][]; responses: unknown[]; hints: unknown[] }> {
	const { context, responses, hints } = executeContext(nodeType, items, options);
	const output = (await nodeType.execute!.call(context)) as INodeExecutionData[][];
	return { output, responses, hints };
}

/** Makes a change to an input item throw: nodes must never change what they are given. */
function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
		for (const inner of Object.values(value)) deepFreeze(inner);
		Object.freeze(value);
	}
	return value;
}
