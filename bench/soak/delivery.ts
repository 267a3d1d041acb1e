/** A workflow that sends on each batch that it gets, and the destination. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { OpenEvent } from '../../src/tracking/event/open-event';
import { bundledWorkflow, type WorkflowJson } from '../../test/support/n8n-instance';

/**
 * The bundled workflow, whose steps send each batch as one JSON file to an address.
 *
 * @param collecting the fields of its Open Collector Trigger
 */
export function deliveringWorkflow(collecting: Record<string, unknown>, url: string): WorkflowJson {
	const workflow = bundledWorkflow('high-volume.json');
	const steps = workflow.nodes.find(({ name }) => name === 'Add Your Steps Here');
	const trigger = workflow.nodes.find(({ name }) => name === 'Open Collector Trigger');
	if (!steps || !trigger) throw new Error('The bundled workflow has other nodes by now');
	trigger.parameters = collecting;
	Object.assign(steps, {
		type: 'n8n-nodes-base.convertToFile',
		typeVersion: 1.1,
		parameters: { operation: 'toJson', mode: 'once' },
	});
	workflow.nodes.push({
		...steps,
		id: 'soak-send',
		name: 'Send',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		position: [600, -160],
		parameters: {
			method: 'POST',
			url,
			sendBody: true,
			contentType: 'binaryData',
			inputDataFieldName: 'data',
			options: {},
		},
	});
	workflow.connections[steps.name] = { main: [[{ node: 'Send', type: 'main', index: 0 }]] };
	return workflow;
}

/** Takes the batches that the workflow sends. */
export async function startReceiver(address: string, take: (opens: OpenEvent[]) => void) {
	const server = createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
		request.on('end', () => {
			take(JSON.parse(text) as OpenEvent[]);
			response.end('{}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, address, resolve));
	return {
		url: `http://${address}:${(server.address() as AddressInfo).port}/`,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
