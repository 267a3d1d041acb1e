import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Where this n8n serves webhooks, as its own `WEBHOOK_URL` (or host, port and protocol) says. n8n
 * gives nodes that execute no such address, but it builds the resume URL of every execution from
 * the same one: `<address>/webhook-waiting/<execution id>`.
 */
export function instanceBaseUrl(context: Pick<IExecuteFunctions, 'getWorkflowDataProxy'>): string {
	const { resumeUrl } = context.getWorkflowDataProxy(0).$execution as { resumeUrl: string };
	const address = new URL('..', resumeUrl);
	address.search = '';
	return `${address.href.replace(/\/$/, '')}/${process.env.N8N_ENDPOINT_WEBHOOK ?? 'webhook'}`;
}
