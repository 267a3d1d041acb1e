import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { faultOfRules, type AccessRules } from '../../../src/api/access-rules';

const CREDENTIAL = 'openTrackingAccessApi';

/** The fields of the credential *Open Tracking Access*. */
export interface AccessCredential {
	headerName?: string;
	manageApiKey?: string;
	readApiKey?: string;
	manageUser?: string;
	managePassword?: string;
	readUser?: string;
	readPassword?: string;
}

type AccessContext = Pick<IHookFunctions | IWebhookFunctions, 'getNode'> & {
	getNodeParameter(name: string): unknown;
	getCredentials: IWebhookFunctions['getCredentials'];
};

/** Whom a credential lets in. */
export function accessRulesOf(credential: AccessCredential): AccessRules {
	const text = (value: string | undefined) => (value ?? '').trim();
	return {
		headerName: text(credential.headerName) || 'X-Api-Key',
		keys: { manage: text(credential.manageApiKey), read: text(credential.readApiKey) },
		signIns: {
			manage: { user: text(credential.manageUser), password: credential.managePassword ?? '' },
			read: { user: text(credential.readUser), password: credential.readPassword ?? '' },
		},
	};
}

/**
 * Whom a node lets in; `null` for everybody, which its user has to choose. Without its credential,
 * where the workflow was published past n8n's own check, it lets in nobody.
 */
export async function accessOf(context: AccessContext): Promise<AccessRules | null> {
	if (context.getNodeParameter('access') === 'none') return null;
	const isSet = context.getNode().credentials?.[CREDENTIAL] !== undefined;
	return accessRulesOf(
		isSet ? await context.getCredentials<AccessCredential & object>(CREDENTIAL) : {},
	);
}

/**
 * Keeps a workflow from being published whose credential lets in nobody, or more than it says.
 *
 * @throws NodeOperationError with the sentence of the credential test
 */
export async function refuseUnusableAccess(context: AccessContext): Promise<void> {
	const rules = await accessOf(context);
	const fault = rules === null ? null : faultOfRules(rules);
	if (fault === null) return;
	throw new NodeOperationError(context.getNode(), fault, {
		description: 'Correct the credential Open Tracking Access of this node, and publish again.',
	});
}
