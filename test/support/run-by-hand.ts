import { eventually, type N8nInstance, type WorkflowJson } from './n8n-instance';

/** What n8n kept of one execution. */
export interface FinishedRun {
	status: string;
	/** Every item of every node, as n8n's own JSON text */
	data: string;
}

/**
 * Runs a workflow as the editor's button does.
 *
 * @param trigger the name of the node that the button stands at
 * @returns waits for the end of the run, for at most two minutes
 */
export async function startByHand(
	n8n: Pick<N8nInstance, 'rest'>,
	workflow: WorkflowJson,
	trigger: string,
): Promise<() => Promise<FinishedRun>> {
	// The bundled workflows keep no executions; a test looks at what its run left.
	const settings = { ...workflow.settings, saveManualExecutions: true };
	const { id } = await n8n.rest('POST', '/workflows', { ...workflow, id: undefined, settings });
	const { executionId } = await n8n.rest('POST', `/workflows/${id}/run`, {
		workflowData: await n8n.rest('GET', `/workflows/${id}`),
		triggerToStartFrom: { name: trigger },
	});
	return async () => {
		const run = await eventually(async () => {
			const now = await n8n.rest('GET', `/executions/${executionId}`);
			return now.stoppedAt ? now : false;
		}, 120_000);
		await n8n.rest('POST', '/executions/delete', { ids: [executionId] });
		return { status: String(run.status), data: String(run.data) };
	};
}
