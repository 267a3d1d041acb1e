import { Writable } from 'node:stream';

import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

import { TrackingApiTrigger } from '../../nodes/TrackingApiTrigger/TrackingApiTrigger.node';

/** One request to a Tracking API Trigger, and how the node is set up. */
export interface ApiRequest {
	method?: string;
	/** Path and query below the webhook ID */
	path: string;
	headers?: Record<string, string>;
	json?: unknown;
	/** Who sent it, as n8n's Express says */
	ip?: string;
	parameters?: Record<string, unknown>;
	credentials?: Record<string, Record<string, unknown>>;
	workflow?: string;
}

/** What the requester got, and what n8n starts the workflow with. */
export interface ApiAnswer {
	status: number;
	headers: Record<string, string>;
	body: string;
	items: IDataObject[];
}

/** What n8n gives a published Tracking API Trigger, with the defaults of what is not set. */
export function apiTriggerContext({
	parameters = {},
	credentials = {},
	workflow = 'workflow-1',
}: Pick<ApiRequest, 'parameters' | 'credentials' | 'workflow'> = {}) {
	const { description } = new TrackingApiTrigger();
	const node = {
		id: 'trigger',
		name: description.displayName,
		type: `n8n-nodes-email-open-tracking.${description.name}`,
		typeVersion: 2,
		position: [0, 0] as [number, number],
		webhookId: 'opens',
		parameters: {},
		credentials: Object.fromEntries(
			Object.keys(credentials).map((name) => [name, { id: name, name }]),
		),
	};
	const values =
		NodeHelpers.getNodeParameters(
			description.properties,
			parameters as never,
			true,
			false,
			node,
			description,
		) ?? {};
	return {
		getMode: () => 'webhook',
		getActivationMode: () => 'activate',
		getNode: () => ({ ...node, parameters: values }),
		getWorkflow: () => ({ id: workflow, name: workflow }),
		getTimezone: () => 'Europe/Berlin',
		getNodeWebhookUrl: () => 'https://n8n.example.com/webhook/opens/dashboard',
		getNodeParameter: (name: string, fallback?: unknown) => {
			if (!(name in values)) throw new Error(`The node does not declare "${name}"`);
			return values[name] ?? fallback;
		},
		getCredentials: async (name: string) => credentials[name],
		logger: { debug() {}, info() {}, warn() {}, error() {} },
	};
}

/** Sends a request to the node, as n8n hands it on. */
export async function askTrackingApi(asked: ApiRequest): Promise<ApiAnswer> {
	const { method = 'GET', path, headers = {}, json, ip } = asked;
	const response = new RecordedResponse();
	// n8n has set it by then, for any origin.
	if (headers.origin) response.setHeader('access-control-allow-origin', headers.origin);
	const request = {
		method,
		originalUrl: `/webhook/opens${path}`,
		headers: json === undefined ? headers : { ...headers, 'content-type': 'application/json' },
		rawBody: Buffer.from(JSON.stringify(json) ?? ''),
		readRawBody: async () => undefined,
		ip,
	};
	const { workflowData } = await new TrackingApiTrigger().webhook.call({
		...apiTriggerContext(asked),
		getRequestObject: () => request,
		getResponseObject: () => response,
	} as unknown as IWebhookFunctions);
	return {
		status: response.statusCode,
		headers: response.headers,
		body: String(Buffer.concat(response.parts)),
		items: (workflowData?.[0] ?? []).map((item) => item.json),
	};
}

/** As much of Express's response as the node uses. */
class RecordedResponse extends Writable {
	readonly headers: Record<string, string> = {};
	readonly parts: Buffer[] = [];
	statusCode = 0;
	headersSent = false;

	setHeader(name: string, value: string): void {
		this.headers[name] = value;
	}

	removeHeader(name: string): void {
		delete this.headers[name];
	}

	status(code: number): void {
		this.statusCode = code;
	}

	override _write(part: Buffer, _encoding: string, done: () => void): void {
		this.headersSent = true;
		this.parts.push(part);
		done();
	}
}
