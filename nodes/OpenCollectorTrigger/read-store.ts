import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';

import { pause } from '../../src/async/backoff';
import { runStoreBatches } from '../../src/collector/consume/store-source';
import { startsFor } from '../../src/tracking/start/start-for';
import { toNodeError } from '../shared/each-item';
import { readStartFor } from '../shared/fields/start-for';
import { outage } from '../shared/installation/outage';
import { refuseUnusableStore } from '../shared/installation/publishing';
import { openTrackingStore } from '../shared/installation/store';
import { openItem } from '../shared/receive/open-item';
import { usableStore } from './settings';
import { atMostFinishTime, executions } from '../shared/receive/start-execution';

const LOOK_EVERY_MS = 200;
const LOOK_AT = 500;

/**
 * Starts one execution per batch of the opens in the store, whoever recorded them, until the workflow
 * is unpublished. Of all processes that publish this workflow on this store, one at a time does so.
 */
export async function readStoreInBatches(context: ITriggerFunctions): Promise<ITriggerResponse> {
	try {
		await usableStore(context);
		await refuseUnusableStore(context);
		const startFor = readStartFor(context);
		const { includeStored } = context.getNodeParameter('options', {}) as {
			includeStored?: boolean;
		};
		const asked = outage(
			context,
			'Open Collector Trigger: the store could not be read. Its opens wait there',
		);
		let hadTurn: boolean | null = null;
		const stopping = new AbortController();
		const reading = runStoreBatches({
			...executions(context),
			openStore: async () => await openTrackingStore(context),
			reader: `${context.getWorkflow().id}/${context.getNode().id}`,
			begin: includeStored ? 'oldest' : 'now',
			isWanted: (open) => startsFor(startFor, open),
			onTurn: (hasTurn) => {
				if (hasTurn !== hadTurn) context.logger.info(hasTurn ? HAS_TURN : WAITS);
				hadTurn = hasTurn;
			},
			onAway: asked.failed,
			onBack: asked.worked,
			signal: stopping.signal,
		});
		reading.catch((error: unknown) => context.emitError(toNodeError(context, error, 0)));
		return {
			closeFunction: async () => {
				stopping.abort();
				await atMostFinishTime(reading.catch(() => undefined));
			},
		};
	} catch (error) {
		throw toNodeError(context, error, 0);
	}
}

const HAS_TURN = 'Open Collector Trigger: opens of the store are handed over by this n8n.';
const WAITS =
	'Open Collector Trigger: another n8n hands over the opens of the store. This one waits, and takes over when that one ends.';

/**
 * For a test in the editor: shows the next open that comes into the store, or the next few, without
 * taking them from the published workflow.
 */
export async function readStoreOnce(context: ITriggerFunctions): Promise<ITriggerResponse> {
	const stopping = new AbortController();
	return {
		closeFunction: async () => stopping.abort(),
		manualTriggerFunction: async () => {
			try {
				await usableStore(context);
				const store = await openTrackingStore(context);
				const after = await store.settledNumber();
				let opens: Awaited<ReturnType<typeof store.findOpens>> = [];
				while (opens.length === 0 && !stopping.signal.aborted) {
					await pause(LOOK_EVERY_MS, stopping.signal);
					const upTo = await store.newestNumber();
					const arrived = await store.listArrived({ after, upTo, limit: LOOK_AT });
					opens = await store.findOpens(arrived);
				}
				context.emit([opens.map(openItem)]);
			} catch (error) {
				throw toNodeError(context, error, 0);
			}
		},
	};
}
