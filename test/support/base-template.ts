import { bundledWorkflow, type WorkflowJson } from './n8n-instance';

/** The base template at a path of its own, with other fields in its trigger. */
export function baseTemplate(id: string, parameters: Record<string, unknown>): WorkflowJson {
	const workflow = bundledWorkflow('email-open-tracking.json');
	workflow.id = id;
	workflow.name = id;
	for (const node of workflow.nodes) {
		if (node.webhookId) node.webhookId = `${id}-${node.webhookId}`;
		if (node.name !== 'Email Open Trigger') continue;
		node.parameters = { ...node.parameters, path: `${id}/pixel.png`, ...parameters };
	}
	return workflow;
}
