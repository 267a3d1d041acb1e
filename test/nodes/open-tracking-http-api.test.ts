import { NodeOperationError } from 'n8n-workflow';

import { OpenTracking } from '../../nodes/OpenTracking/OpenTracking.node';
import { executeNode } from '../support/node-context';

const parameters = {
	resource: 'httpApi',
	operation: 'handleRequest',
	method: 'GET',
	url: 'https://n8n.example.com/webhook/dashboard',
};

describe('HTTP API: Handle Request', () => {
	it('says what to connect when the item is no request', async () => {
		const run = executeNode(new OpenTracking(), [{ json: { name: 'x' } }], { parameters });
		await expect(run).rejects.toThrow(NodeOperationError);
		await expect(run).rejects.toMatchObject({
			message: 'The item is not a request',
			description: 'Connect this directly behind a Webhook node',
			context: { itemIndex: 0 },
		});
	});

	it('refuses an address outside the webhooks, as an item where the user goes on', async () => {
		const { output } = await executeNode(
			new OpenTracking(),
			[{ json: { headers: {}, query: {} } }],
			{
				parameters: { ...parameters, url: 'https://n8n.example.com/rest/x' },
				continueOnFail: true,
			},
		);
		expect(output[0]).toMatchObject([
			{ json: { error: 'The URL is not the address of a webhook' }, pairedItem: { item: 0 } },
		]);
	});
});
