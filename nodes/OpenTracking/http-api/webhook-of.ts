import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { webhookInFront } from '../common/webhook-in-front';

/** The option that leaves it to the Webhook node. */
export const METHOD_OF_WEBHOOK = 'webhook';

interface Webhook {
	/** The HTTP method of the request */
	method: string;
	/** Whether the Webhook node asks who sends the request */
	guarded: boolean;
}

/**
 * How the request of an item came in. n8n's Webhook node does not put its method into the item, but
 * the item came out of a node, and of one of its outputs, that stands for one method.
 *
 * @throws NodeOperationError when there are other nodes between, and no method was chosen
 */
export function webhookOf(node: IExecuteFunctions, index: number): Webhook {
	const chosen = node.getNodeParameter('method', index) as string;
	const webhook = webhookInFront(node);
	if (webhook === null) {
		if (chosen !== METHOD_OF_WEBHOOK) return { method: chosen, guarded: false };
		throw new NodeOperationError(node.getNode(), 'The method of the request is not known', {
			itemIndex: index,
			description: 'Connect this directly behind a Webhook node, or choose the method',
		});
	}
	const { httpMethod, authentication = 'none' } = webhook.parameters;
	const received = String([httpMethod ?? 'GET'].flat()[webhook.output] ?? 'GET');
	return {
		method: chosen === METHOD_OF_WEBHOOK ? received : chosen,
		guarded: authentication !== 'none',
	};
}
