import type { IWebhookFunctions } from 'n8n-workflow';

import { noteLoad } from '../../../src/intake/record-together';
import type { ReceivedOpen } from '../../../src/tracking/receive/receive-types';
import { outage } from '../installation/outage';
import { signingOf } from '../installation/signing';
import { openTrackingStore } from '../installation/store';

type NotingContext = Pick<IWebhookFunctions, 'getNode' | 'logger'> & {
	getCredentials: IWebhookFunctions['getCredentials'];
};

/**
 * Hands the load of an open, which itself goes through a workflow, or that a link was looked at with
 * HEAD, to the store. It cannot go along
 * in the item: n8n keeps items, and the load says by a hash which network it came from. Returns at
 * once.
 */
export function noteLoadOf(
	context: NotingContext,
	{ event, load, looked }: Pick<ReceivedOpen, 'event' | 'load' | 'looked'>,
): void {
	const noted = event === null || load === null ? looked : { event, load };
	if (!noted) return;
	const noting = outage(context, 'Loads could not be looked at for bursts of scanners yet');
	const note = async () => {
		const [store, { keyRing }] = await Promise.all([
			openTrackingStore(context),
			signingOf(context),
		]);
		noteLoad(store, keyRing, noted, noting.failed);
		noting.worked();
	};
	void note().catch(noting.failed);
}
