import type { IHookFunctions, ITriggerFunctions } from 'n8n-workflow';

import { toNodeError } from '../each-item';
import { credentialId } from './credential';
import { openStoreWithKeys } from './signing';
import { testStore } from './store';

type PublishingContext = IHookFunctions | ITriggerFunctions;

/**
 * Whether a person publishes the workflow at the moment. When n8n itself starts, or another of its
 * processes takes over, nothing may keep a workflow from being published: there is nobody to
 * correct it, and its images would be gone.
 */
export function isPublishing(context: Pick<PublishingContext, 'getActivationMode'>): boolean {
	return ['activate', 'update'].includes(context.getActivationMode());
}

/**
 * Keeps a workflow from being published whose trigger has a store in PostgreSQL that does not work, or
 * other signing keys than its store was used with.
 *
 * @throws NodeOperationError with the sentence of the credential test
 */
export async function refuseUnusableStore(context: PublishingContext): Promise<void> {
	if (!isPublishing(context)) return;
	try {
		await testStore(context);
		await openStoreWithKeys(context);
	} catch (error) {
		const refusal = toNodeError(context, error, 0);
		refusal.description =
			credentialId(context) === null
				? 'Correct that, or set Store and Keys to From Credential, and publish again.'
				: 'Correct the credential of this node, test it, and publish again.';
		throw refusal;
	}
}
