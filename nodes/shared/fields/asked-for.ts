import type { ICredentialsDisplayOptions } from 'n8n-workflow';

/**
 * When a credential is asked for: while each of these parameters has one of its values. n8n's
 * editor takes a parameter that a credential names for a choice of login, and can leave it out of
 * the panel; it does not do so with a path from the root of the node, hence the slash.
 */
export function askedFor(values: Record<string, string[]>): ICredentialsDisplayOptions {
	return {
		show: Object.fromEntries(
			Object.entries(values).map(([parameter, allowed]) => [`/${parameter}`, allowed]),
		),
	};
}
