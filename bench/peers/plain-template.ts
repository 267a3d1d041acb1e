import { PIXEL_PNG_BASE64 } from '../../src/tracking/receive/pixel-image';
import { bundledWorkflow, type WorkflowJson } from '../../test/support/n8n-instance';

/** The pixel with n8n's own nodes alone: Webhook → Edit Fields → Convert to File → Respond. */
export const plainTemplate: WorkflowJson = {
	id: 'plain-template',
	name: 'plain-template',
	active: false,
	settings: bundledWorkflow('email-open-tracking.json').settings,
	nodes: [
		{
			id: '1',
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			position: [0, 0],
			webhookId: 'plain-template',
			parameters: { path: 'plain/pixel.png', responseMode: 'responseNode', options: {} },
		},
		{
			id: '2',
			name: 'Edit Fields',
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			position: [200, 0],
			parameters: {
				assignments: {
					assignments: [{ id: 'a', name: 'image', type: 'string', value: PIXEL_PNG_BASE64 }],
				},
				options: {},
			},
		},
		{
			id: '3',
			name: 'Convert to File',
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			position: [400, 0],
			parameters: {
				operation: 'toBinary',
				sourceProperty: 'image',
				options: { fileName: 'pixel.png', mimeType: 'image/png' },
			},
		},
		{
			id: '4',
			name: 'Respond to Webhook',
			type: 'n8n-nodes-base.respondToWebhook',
			typeVersion: 1.1,
			position: [600, 0],
			parameters: { respondWith: 'binary', options: {} },
		},
	],
	connections: {
		Webhook: { main: [[{ node: 'Edit Fields', type: 'main', index: 0 }]] },
		'Edit Fields': { main: [[{ node: 'Convert to File', type: 'main', index: 0 }]] },
		'Convert to File': { main: [[{ node: 'Respond to Webhook', type: 'main', index: 0 }]] },
	},
};
