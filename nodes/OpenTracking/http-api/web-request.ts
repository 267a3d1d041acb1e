import type { Readable } from 'node:stream';

import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { MAX_IMAGE_BYTES } from '../../../src/api/routes/image-type';

/** They describe the connection, or a body that is written anew, so they do not hold for this request. */
const LEFT_OUT = new Set([
	'connection',
	'content-length',
	'content-type',
	'expect',
	'host',
	'keep-alive',
	'transfer-encoding',
	'upgrade',
]);

/** What n8n's own Webhook node gives out. */
interface WebhookItem {
	headers?: IDataObject;
	params?: IDataObject;
	query?: IDataObject;
	body?: unknown;
}

/**
 * The request that an item of n8n's own Webhook node stands for, with the path below n8n's webhook
 * address.
 *
 * @param url the address of the webhook, with its `:parameters` as n8n shows them
 * @throws NodeOperationError when the item is none of a Webhook node
 */
export async function webRequest(
	node: IExecuteFunctions,
	index: number,
	{ method, url }: { method: string; url: string },
): Promise<Request> {
	const item = node.getInputData()[index];
	const { headers, params = {}, query = {}, body } = item.json as WebhookItem;
	if (headers === undefined || !URL.canParse(url)) {
		throw new NodeOperationError(node.getNode(), 'The item is not a request', {
			itemIndex: index,
			description: 'Connect this directly behind a Webhook node',
		});
	}
	const address = new URL(apiPath(node, new URL(url).pathname, params, index), 'http://api');
	for (const [name, value] of Object.entries(query)) {
		for (const one of [value].flat()) address.searchParams.append(name, String(one));
	}
	const webHeaders = new Headers();
	for (const [name, value] of Object.entries(headers)) {
		if (typeof value === 'string' && !LEFT_OUT.has(name)) webHeaders.set(name, value);
	}
	const withoutBody = ['GET', 'HEAD', 'DELETE'].includes(method);
	if (withoutBody) return new Request(address, { method, headers: webHeaders });

	const type = String(headers['content-type'] ?? '').toLowerCase();
	if (type.startsWith('multipart/form-data')) {
		const form = await formOf(node, index, body, item.binary ?? {});
		return new Request(address, { method, headers: webHeaders, body: form });
	}
	if (type.startsWith('application/x-www-form-urlencoded')) {
		const form = new URLSearchParams(Object.entries(textFields(body)));
		return new Request(address, { method, headers: webHeaders, body: form });
	}
	webHeaders.set('content-type', 'application/json');
	return new Request(address, { method, headers: webHeaders, body: JSON.stringify(body ?? null) });
}

/** `/webhook/logs/:id` with `id` 7 becomes `/logs/7`. */
function apiPath(
	node: IExecuteFunctions,
	pathname: string,
	params: IDataObject,
	index: number,
): string {
	const endpoints = [
		process.env.N8N_ENDPOINT_WEBHOOK ?? 'webhook',
		process.env.N8N_ENDPOINT_WEBHOOK_TEST ?? 'webhook-test',
	];
	const segments = pathname.split('/');
	const start = segments.findIndex((segment) => endpoints.includes(segment));
	if (start === -1) {
		throw new NodeOperationError(node.getNode(), 'The URL is not the address of a webhook', {
			itemIndex: index,
			description: 'Leave the field URL at its default behind a Webhook node',
		});
	}
	const path = segments
		.slice(start + 1)
		.map((segment) =>
			segment.startsWith(':')
				? encodeURIComponent(String(params[segment.slice(1)] ?? ''))
				: segment,
		);
	return `/${path.join('/')}`;
}

async function formOf(
	node: IExecuteFunctions,
	index: number,
	body: unknown,
	files: Record<string, IBinaryData>,
): Promise<FormData> {
	const form = new FormData();
	for (const [name, value] of Object.entries(textFields(body))) form.set(name, value);
	for (const [field, file] of Object.entries(files)) {
		const bytes = await firstBytes(node, index, field, file);
		form.set(field, new Blob([new Uint8Array(bytes)], { type: file.mimeType }), file.fileName);
	}
	return form;
}

function textFields(body: unknown): Record<string, string> {
	if (typeof body !== 'object' || body === null) return {};
	return Object.fromEntries(
		Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
			const first: unknown = Array.isArray(value) ? value[0] : value;
			return typeof first === 'string' ? [[name, first]] : [];
		}),
	);
}

/** Enough of a file to see whether it is too large; n8n itself takes up to 200 MB. */
async function firstBytes(
	node: IExecuteFunctions,
	index: number,
	field: string,
	file: IBinaryData,
): Promise<Buffer> {
	const limit = MAX_IMAGE_BYTES + 1;
	if (!file.id) {
		return (await node.helpers.getBinaryDataBuffer(index, field)).subarray(0, limit);
	}
	const stream: Readable = await node.helpers.getBinaryStream(file.id);
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of stream) {
		parts.push(part as Buffer);
		size += (part as Buffer).length;
		if (size >= limit) break;
	}
	return Buffer.concat(parts).subarray(0, limit);
}
