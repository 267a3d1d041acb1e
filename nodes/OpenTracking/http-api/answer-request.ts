import { Readable } from 'node:stream';

import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { answerWebhook } from '../../shared/webhook-answer';

/** Bodies up to this size go out as they are; larger ones through n8n's file store. */
const INLINE_BYTES = 256 * 1024;

/** Answers the waiting Webhook node with a web response. A long body is streamed. */
export async function answerRequest(
	node: IExecuteFunctions,
	response: Response,
	{ isHead }: { isHead: boolean },
): Promise<void> {
	const { 'content-length': length, ...headers } = Object.fromEntries(response.headers);
	const body = isHead
		? // n8n counts the bytes it is given for Content-Length, and HTTP sends none of them.
			Buffer.alloc(Number(length ?? 0))
		: await bodyOf(node, response);
	answerWebhook(node, { body, headers, statusCode: response.status });
}

async function bodyOf(node: IExecuteFunctions, response: Response): Promise<Buffer | IBinaryData> {
	if (response.body === null) return Buffer.alloc(0);
	const chunks = response.body[Symbol.asyncIterator]();
	const first: Uint8Array[] = [];
	let size = 0;
	for (;;) {
		const { done, value } = await chunks.next();
		if (done) return Buffer.concat(first);
		first.push(value);
		size += value.length;
		if (size > INLINE_BYTES) break;
	}
	const all = Readable.from(
		(async function* () {
			yield* first;
			yield* { [Symbol.asyncIterator]: () => chunks };
		})(),
		{ objectMode: false },
	);
	const mimeType = response.headers.get('content-type') ?? 'application/octet-stream';
	const file = await node.helpers.prepareBinaryData(all, 'response', mimeType);
	// n8n may be set up to keep files in memory; then they have no id to be streamed by.
	return file.id === undefined ? Buffer.from(file.data, 'base64') : file;
}
