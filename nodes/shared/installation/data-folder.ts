import { join } from 'node:path';

import { n8nFolder } from '../../../src/intake/instance-environment';

/**
 * The folder for everything this package keeps on disk, beside n8n's own database:
 * `<n8n folder>/email-open-tracking`. Follows `N8N_USER_FOLDER` as n8n does.
 */
export function dataFolder(): string {
	return join(n8nFolder(), 'email-open-tracking');
}
