import { parseArgs } from 'node:util';

import { KeyError } from '../../intake/intake-settings';
import { signingKeyOfN8n } from '../../intake/instance-environment';

const HELP = `Usage: n8n-nodes-email-open-tracking signing-key

Prints the signing key that an n8n in queue mode derives from its encryption key: for
the key file of collectors, or to keep it among the previous keys before the encryption
key is changed. It reads N8N_ENCRYPTION_KEY, the file that N8N_ENCRYPTION_KEY_FILE names,
or the file config in the n8n folder (N8N_USER_FOLDER). Whoever sees the output can make
and read tracking links.

  --help  Show this text

Example: n8n-nodes-email-open-tracking signing-key
`;

/**
 * The command `signing-key`: the key of an n8n in queue mode, as `id:secret`.
 *
 * @returns the exit code: 0, 1 without a usable encryption key, or 2 for wrong arguments
 */
export function signingKey(args: readonly string[]): number {
	try {
		const { values } = parseArgs({ args: [...args], options: { help: { type: 'boolean' } } });
		process.stdout.write(values.help ? HELP : `${signingKeyOfN8n()}\n`);
		return 0;
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		return error instanceof KeyError ? 1 : 2;
	}
}
