import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

/** n8n sets its own, and logs a warning for each answer that brings one. */
const SET_BY_N8N = 'content-security-policy';

/**
 * Answers the Webhook node or trigger that waits for this execution: one request, one answer. What
 * is in it never becomes an item, which n8n would write to its database. Where nothing waits any
 * more, n8n ignores it.
 *
 * @param body the bytes, or a file that n8n keeps, which it then streams
 */
export function answerWebhook(
	context: Pick<IExecuteFunctions, 'sendResponse'>,
	{
		body,
		headers,
		statusCode = 200,
	}: { body: Buffer | IBinaryData; headers: Readonly<Record<string, string>>; statusCode?: number },
): void {
	const allowed = Object.fromEntries(
		Object.entries(headers).filter(([name]) => name !== SET_BY_N8N),
	);
	if (Buffer.isBuffer(body)) {
		context.sendResponse({
			body,
			headers: { ...allowed, 'content-length': String(body.length) },
			statusCode,
		});
	} else {
		context.sendResponse({ body: { binaryData: body }, headers: allowed, statusCode });
	}
}
