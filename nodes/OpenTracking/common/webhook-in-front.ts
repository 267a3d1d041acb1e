import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

/** The Webhook node of n8n that the items came out of. */
export interface WebhookInFront {
	parameters: Readonly<IDataObject>;
	/** The number of the output: n8n's node has one for each method */
	output: number;
}

/** The Webhook node directly in front; `null` when it is another node, or there is one between. */
export function webhookInFront(node: IExecuteFunctions): WebhookInFront | null {
	const { previousNode, previousNodeOutput = 0 } = node.getInputSourceData();
	const source = node
		.getParentNodes(node.getNode().name, { includeNodeParameters: true, depth: 1 })
		.find(({ name }) => name === previousNode);
	if (source?.type !== 'n8n-nodes-base.webhook') return null;
	return { parameters: (source.parameters ?? {}) as IDataObject, output: previousNodeOutput };
}
