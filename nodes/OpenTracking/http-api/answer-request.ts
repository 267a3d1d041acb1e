import type { IExecuteFunctions } from 'n8n-workflow';

import { answerWebhook } from '../../shared/webhook-answer';

/**
 * Answers the waiting Webhook node with a web response. The body goes out from memory, however long
 * it is: it may be a list of addresses, and n8n would keep a file of it for a while.
 */
export async function answerRequest(
	node: IExecuteFunctions,
	response: Response,
	{ isHead }: { isHead: boolean },
): Promise<void> {
	const { 'content-length': length, ...headers } = Object.fromEntries(response.headers);
	const body = isHead
		? // n8n counts the bytes it is given for Content-Length, and HTTP sends none of them.
			Buffer.alloc(Number(length ?? 0))
		: Buffer.from(await response.arrayBuffer());
	answerWebhook(node, { body, headers, statusCode: response.status });
}
