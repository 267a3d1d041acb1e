import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

/** Bodies up to this size travel inside the item. */
const INLINE_BYTES = 256 * 1024;
/**
 * How many header fields the Respond to Webhook node of the bundled workflow has. Its list of
 * headers cannot be an expression as a whole, only each name and value can.
 */
export const HEADER_FIELDS = 8;
/** n8n sets its own and warns about each one it has to drop. */
const SET_BY_N8N = new Set(['content-security-policy', 'content-length']);

/**
 * Answers with a web response. A short one becomes an item for n8n's own Respond to Webhook node:
 * status code and headers in the JSON, the body as a file. A long one is sent from here and leaves no
 * item: it may be a list of addresses, and n8n would keep it in its file store for a while.
 */
export async function answer(
	node: IExecuteFunctions,
	response: Response,
	{ field, isHead }: { field: string; isHead: boolean },
): Promise<INodeExecutionData[]> {
	const mimeType = response.headers.get('content-type') ?? 'application/octet-stream';
	const bytes = isHead
		? // n8n counts the bytes it is given for Content-Length, and HTTP sends none of them.
			Buffer.alloc(Number(response.headers.get('content-length') ?? 0))
		: Buffer.from(await response.arrayBuffer());
	const headers = headersOf(response);
	if (bytes.length > INLINE_BYTES && !isHead) {
		const length = { 'content-length': String(bytes.length) };
		node.sendResponse({
			body: bytes,
			headers: { ...Object.fromEntries(headers), ...length },
			statusCode: response.status,
		});
		return [];
	}
	const body: IBinaryData = {
		data: bytes.toString('base64'),
		mimeType,
		fileName: 'response',
	};
	return [
		{
			json: { statusCode: response.status, headers: headerList(headers) },
			binary: { [field]: body },
		},
	];
}

function headersOf({ headers }: Response): Array<[name: string, value: string]> {
	return [...headers].filter(([name]) => !SET_BY_N8N.has(name));
}

/** Filled up by repeating the last one, which changes nothing: the list has a fixed length there. */
function headerList(
	headers: ReadonlyArray<[name: string, value: string]>,
): Array<{ name: string; value: string }> {
	const list = headers.map(([name, value]) => ({ name, value }));
	if (list.length > HEADER_FIELDS) throw new Error('The answer has more headers than fit');
	return Array.from(
		{ length: HEADER_FIELDS },
		(_, index) => list[Math.min(index, list.length - 1)],
	);
}
