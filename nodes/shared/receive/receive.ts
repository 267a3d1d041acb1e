import { createLookups, type Lookups } from '../../../src/intake/lookups';
import { createReceiveDeps } from '../../../src/intake/receive-deps';
import type { LinkDeps, ReceivedOpen } from '../../../src/tracking/receive/receive-types';
import { outage } from '../installation/outage';
import { signingOf } from '../installation/signing';
import { openTrackingStore, storeKey } from '../installation/store';

type ReceivingContext = Parameters<typeof openTrackingStore>[0];

/** One per store, in module scope because n8n makes node instances anew. */
const lookupsOf = new Map<string, StoreLookups>();

interface StoreLookups {
	lookups: Lookups;
	/** The latest one: its credential is the one in force */
	context: ReceivingContext;
}

/** The parts of the receive pipeline that are not pure, put together for a node. */
export function receiveDeps(context: ReceivingContext): LinkDeps {
	return createReceiveDeps({ signing: () => signingOf(context), lookups: lookupsIn(context) });
}

/** The lookups in the store of a node, which all nodes on that store share. */
export function lookupsIn(context: ReceivingContext): Lookups {
	const key = storeKey(context);
	const lookups =
		lookupsOf.get(key)?.lookups ??
		createLookups(() => openTrackingStore(lookupsOf.get(key)?.context ?? context));
	lookupsOf.set(key, { lookups, context });
	return lookups;
}

/** Logs once per outage that consent and erasures could not be looked up. */
export function tellOfLookups(
	context: ReceivingContext,
	{ lookupError, event }: Pick<ReceivedOpen, 'lookupError' | 'event'>,
): void {
	const lookups = outage(
		context,
		'The store did not answer a lookup, so the consent policy decides without it and addresses are dropped',
	);
	if (lookupError) lookups.failed(lookupError);
	// Where nobody is named, nothing was looked up.
	else if (event !== null && event.recipientId !== null) lookups.worked();
}
