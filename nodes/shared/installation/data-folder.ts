import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for everything this package keeps on disk, beside n8n's own database:
 * `<n8n folder>/email-open-tracking`. Follows `N8N_USER_FOLDER` as n8n does.
 */
export function dataFolder(): string {
	return join(process.env.N8N_USER_FOLDER ?? homedir(), '.n8n', 'email-open-tracking');
}

/** Whether n8n spreads executions over several processes, where one local file cannot serve. */
export function isQueueMode(): boolean {
	return process.env.EXECUTIONS_MODE === 'queue';
}
