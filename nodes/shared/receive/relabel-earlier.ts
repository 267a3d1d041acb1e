import type { IWebhookFunctions } from 'n8n-workflow';

import type { Relabel } from '../../../src/storage/port/tracking-store';
import { outage } from '../installation/outage';
import { openTrackingStore } from '../installation/store';

/** An open that is being relabelled may still be on its way through the workflow to the store. */
const ATTEMPTS_AFTER_MS = [500, 5_000, 60_000];

/** What is needed of a webhook or an execution to reach its store later. */
export type RelabellingContext = Pick<IWebhookFunctions, 'getNode' | 'logger'> & {
	getCredentials: IWebhookFunctions['getCredentials'];
};

/**
 * Tells the store that earlier opens turned out to be a scanner's. Returns at once: neither the
 * answer to the requester nor the workflow waits for it.
 */
export function relabelEarlier(context: RelabellingContext, relabels: readonly Relabel[]): void {
	if (relabels.length > 0) attempt(context, relabels, 0);
}

function attempt(context: RelabellingContext, relabels: readonly Relabel[], number: number): void {
	const timer = setTimeout(async () => {
		let done = false;
		const relabelling = outage(context, 'Opens of a scanner could not be relabelled yet');
		try {
			const store = await openTrackingStore(context);
			const { unknown } = await store.relabelOpens(relabels);
			done = unknown === 0;
			relabelling.worked();
		} catch (error) {
			relabelling.failed(error);
		}
		if (!done && number + 1 < ATTEMPTS_AFTER_MS.length) attempt(context, relabels, number + 1);
	}, ATTEMPTS_AFTER_MS[number]);
	timer.unref();
}
