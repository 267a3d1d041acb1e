import { createReadStream } from 'node:fs';

import type { Request as ExpressRequest } from 'express';

import { MAX_IMAGE_BYTES } from '../../src/api/routes/image-type';

/** They describe the connection, or a body that is given on in another form. */
const LEFT_OUT = new Set([
	'connection',
	'content-encoding',
	'content-length',
	'expect',
	'host',
	'keep-alive',
	'transfer-encoding',
	'upgrade',
]);

/** A file of a form, as n8n wrote it to its disk. */
interface FormFile {
	filepath: string;
	originalFilename: string | null;
	mimetype: string | null;
}

/** What n8n adds to a request: of a form the fields and files, of others the bytes. */
type N8nRequest = Pick<ExpressRequest, 'method' | 'originalUrl' | 'headers' | 'body'> & {
	rawBody?: Buffer;
	readRawBody(): Promise<void>;
};

interface FormBody {
	data?: Record<string, string | string[]>;
	files?: Record<string, FormFile | FormFile[]>;
}

/** Path and query below the webhook ID: of `/webhook/opens/logs/7?page=2` it is `/logs/7?page=2`. */
export function pathBelow(originalUrl: string, webhookId: string): string {
	const base = `/${webhookId}/`;
	const start = originalUrl.indexOf(base);
	return start === -1 ? originalUrl : originalUrl.slice(start + base.length - 1);
}

/** The request that n8n received, as a web request with the path below the webhook ID. */
export async function webRequest(request: N8nRequest, webhookId: string): Promise<Request> {
	const address = new URL(`http://api${pathBelow(request.originalUrl, webhookId)}`);
	const { method } = request;
	const isForm = String(request.headers['content-type']).toLowerCase().startsWith('multipart/');
	const headers = new Headers();
	for (const [name, value] of Object.entries(request.headers)) {
		const isOfForm = isForm && name === 'content-type';
		if (typeof value === 'string' && !LEFT_OUT.has(name) && !isOfForm) headers.set(name, value);
	}
	if (['GET', 'HEAD', 'DELETE'].includes(method)) return new Request(address, { method, headers });
	if (isForm) {
		return new Request(address, { method, headers, body: await formOf(request.body as FormBody) });
	}
	await request.readRawBody();
	const body = new Uint8Array(request.rawBody ?? []);
	return new Request(address, { method, headers, body });
}

async function formOf({ data = {}, files = {} }: FormBody): Promise<FormData> {
	const form = new FormData();
	for (const [name, values] of Object.entries(data)) {
		for (const value of [values].flat()) form.append(name, value);
	}
	for (const [name, some] of Object.entries(files)) {
		for (const { filepath, originalFilename, mimetype } of [some].flat()) {
			const blob = new Blob(await firstBytes(filepath), { type: mimetype ?? '' });
			form.append(name, blob, originalFilename ?? name);
		}
	}
	return form;
}

/** Enough of a file to see whether it is too large; n8n itself takes up to 200 MB. */
async function firstBytes(file: string): Promise<Array<Uint8Array<ArrayBuffer>>> {
	const parts: Array<Uint8Array<ArrayBuffer>> = [];
	for await (const part of createReadStream(file, { end: MAX_IMAGE_BYTES })) {
		parts.push(new Uint8Array(part as Buffer));
	}
	return parts;
}
