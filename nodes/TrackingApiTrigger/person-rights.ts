import type { IWebhookFunctions } from 'n8n-workflow';

import type { PersonRights } from '../../src/api/api-deps';
import { PURPOSES } from '../../src/tracking/event/purpose';
import { denylistKeysIn } from '../../src/tracking/people/subject-keys';
import { openStoreWithKeys } from '../shared/installation/signing';
import { eraseEverywhere } from '../shared/person/erase-everywhere';
import { exportEverything } from '../shared/person/export-everything';
import { withdraw } from '../shared/person/withdraw';

const METHOD = 'page of the person, by the operator';

/** What the pages do for a person, as the operations of *Open Tracking* do it. */
export function personRights(context: IWebhookFunctions, webhookId: string): PersonRights {
	return {
		exportPerson: async (recipientId, controller) => {
			const { store, keyRing } = await openStoreWithKeys(context);
			const own = context.getNodeWebhookUrl('default') ?? '';
			const baseUrl = own.slice(0, own.indexOf(`/${webhookId}/`));
			return await exportEverything(store, keyRing, recipientId, controller, baseUrl);
		},
		withdraw: async (recipientId) => {
			const { store, keyRing } = await openStoreWithKeys(context);
			const withdrawal = { recipientId, purposes: PURPOSES, method: METHOD };
			await withdraw(store, denylistKeysIn(keyRing), [withdrawal]);
		},
		erasePerson: async (recipientId) => {
			const { store, keyRing } = await openStoreWithKeys(context);
			return await eraseEverywhere(store, keyRing, recipientId, []);
		},
	};
}
