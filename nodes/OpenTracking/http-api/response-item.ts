import { Readable } from 'node:stream';

import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

/** Bodies up to this size travel inside the item; larger ones through n8n's file store. */
const INLINE_BYTES = 256 * 1024;
/**
 * How many header fields the Respond to Webhook node of the bundled workflow has. Its list of
 * headers cannot be an expression as a whole, only each name and value can.
 */
export const HEADER_FIELDS = 8;
/** n8n sets its own and warns about each one it has to drop. */
const SET_BY_N8N = new Set(['content-security-policy', 'content-length']);

/**
 * A web response as an item for n8n's own Respond to Webhook node: status code and headers in the
 * JSON, the body as a file. A body that is long goes through piece by piece.
 */
export async function responseItem(
	node: IExecuteFunctions,
	response: Response,
	{ field, isHead }: { field: string; isHead: boolean },
): Promise<INodeExecutionData> {
	const headers = headerList(response.headers);
	const mimeType = response.headers.get('content-type') ?? 'application/octet-stream';
	const body = isHead
		? // n8n counts the bytes it is given for Content-Length, and HTTP sends none of them.
			inline(Buffer.alloc(Number(response.headers.get('content-length') ?? 0)), mimeType)
		: await binaryOf(node, response, mimeType);
	return {
		json: { statusCode: response.status, headers },
		binary: { [field]: body },
	};
}

/** Filled up by repeating the last one, which changes nothing: the list has a fixed length there. */
function headerList(headers: Headers): Array<{ name: string; value: string }> {
	const list = [...headers]
		.filter(([name]) => !SET_BY_N8N.has(name))
		.map(([name, value]) => ({ name, value }));
	if (list.length > HEADER_FIELDS) throw new Error('The answer has more headers than fit');
	return Array.from(
		{ length: HEADER_FIELDS },
		(_, index) => list[Math.min(index, list.length - 1)],
	);
}

async function binaryOf(
	node: IExecuteFunctions,
	response: Response,
	mimeType: string,
): Promise<IBinaryData> {
	if (response.body === null) return inline(Buffer.alloc(0), mimeType);
	const chunks = response.body[Symbol.asyncIterator]();
	const first: Uint8Array[] = [];
	let size = 0;
	for (;;) {
		const { done, value } = await chunks.next();
		if (done) return inline(Buffer.concat(first), mimeType);
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
	return await node.helpers.prepareBinaryData(all, 'response', mimeType);
}

function inline(bytes: Buffer, mimeType: string): IBinaryData {
	return { data: bytes.toString('base64'), mimeType, fileName: 'response' };
}
