import type { IExecuteFunctions } from 'n8n-workflow';

/** n8n sets its own, and logs a warning for each answer that brings one. */
const SET_BY_N8N = 'content-security-policy';

/**
 * Answers the Webhook node or trigger that waits for this execution: one request, one answer. What
 * is in it never becomes an item, which n8n would write to its database. Where nothing waits any
 * more, n8n ignores it.
 */
export function answerWebhook(
	context: Pick<IExecuteFunctions, 'sendResponse'>,
	{
		body,
		headers,
		statusCode = 200,
	}: { body: Buffer; headers: Readonly<Record<string, string>>; statusCode?: number },
): void {
	const allowed = Object.fromEntries(
		Object.entries(headers).filter(([name]) => name !== SET_BY_N8N),
	);
	context.sendResponse({
		body,
		headers: { ...allowed, 'content-length': String(body.length) },
		statusCode,
	});
}
