import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { webhookInFront } from '../common/webhook-in-front';

/** The option that leaves it to the Webhook node. */
export const METHOD_OF_WEBHOOK = 'webhook';

/**
 * The HTTP method of the request. n8n's Webhook node does not put it into its item, but the item
 * came out of a node, and of one of its outputs, that stands for one method.
 *
 * @throws NodeOperationError when there are other nodes between, and no method was chosen
 */
export function methodOf(node: IExecuteFunctions, index: number): string {
	const chosen = node.getNodeParameter('method', index) as string;
	if (chosen !== METHOD_OF_WEBHOOK) return chosen;
	const webhook = webhookInFront(node);
	if (webhook === null) {
		throw new NodeOperationError(node.getNode(), 'The method of the request is not known', {
			itemIndex: index,
			description: 'Connect this directly behind a Webhook node, or choose the method',
		});
	}
	const { httpMethod } = webhook.parameters;
	return String([httpMethod ?? 'GET'].flat()[webhook.output] ?? 'GET');
}
