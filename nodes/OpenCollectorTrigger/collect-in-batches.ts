import type { IRun, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { pause } from '../../src/collector/backoff';
import { runBatcher, type RefusedOpen } from '../../src/collector/batcher';
import { startCollector } from '../../src/collector/collector';
import { watchLog } from '../../src/collector/log-alarm';
import { openLog } from '../../src/collector/open-log';
import { reportedTracker } from '../EmailOpenTrigger/settings';
import { announce, withdrawAnnouncement } from '../shared/announce';
import { WORKFLOW_CONSUMER } from '../shared/collector-log';
import { toNodeError } from '../shared/each-item';
import { openItem } from './open-item';
import { collectorSettings, viewTimeSettings } from './settings';

/** How long an execution under way may take when the workflow is unpublished or n8n stops. */
const FINISH_WITHIN_MS = 5000;

/**
 * Runs the collector beside n8n, and starts one execution per batch of its log until the workflow
 * is unpublished. A batch counts when its execution succeeded; else it comes again.
 */
export async function collectInBatches(context: ITriggerFunctions): Promise<ITriggerResponse> {
	try {
		const settings = await collectorSettings(context);
		const collector = await startCollector(settings, {
			onProblem: (problem, message, times) =>
				context.logger.warn(`Open Collector Trigger: ${message}`, { problem, times }),
		});
		const unwatch = watchLog(collector, (level, message, numbers) =>
			context.logger[level](`Open Collector Trigger: ${message}`, numbers),
		);
		// Webhooks that collect announce themselves. Not awaited: a store that is away is no reason to
		// keep the listener waiting.
		const announced =
			settings.listener &&
			announce(context, () => ({
				...reportedTracker(context),
				viewTimeLimitMs: viewTimeSettings(context)?.limitMs,
			}));
		const log = openLog({ folder: settings.folder, durable: false });
		const stopping = new AbortController();
		const batching = runBatcher({
			log,
			consumer: WORKFLOW_CONSUMER,
			batchSize: context.getNodeParameter('batchSize') as number,
			intervalMs: (context.getNodeParameter('batchInterval') as number) * 1000,
			deliver: async (opens) => await execute(context, [opens.map(openItem)]),
			onRefused: async (refused) => await execute(context, [[], refused.map(refusedItem)]),
			onFailure: (_error, failures) =>
				context.logger.warn(
					'Open Collector Trigger: the workflow failed with a batch, which will come again',
					{ failures },
				),
			signal: stopping.signal,
		});
		void Promise.race([
			collector.crashed,
			// It ends by itself only when the log cannot be read.
			batching.then(() => null),
		]).then(
			(crash) => crash && context.emitError(crash),
			(error: unknown) => context.emitError(toNodeError(context, error, 0)),
		);
		return {
			closeFunction: async () => {
				unwatch();
				stopping.abort();
				await Promise.race([batching.catch(() => undefined), finishTime()]);
				await collector.stop(FINISH_WITHIN_MS);
				log.close();
				if (announced) {
					const withdrawn = announced.then(async () => await withdrawAnnouncement(context));
					await Promise.race([withdrawn, finishTime()]);
				}
			},
		};
	} catch (error) {
		throw toNodeError(context, error, 0);
	}
}

/** Starts an execution and waits for its end. Throws when it did not succeed. */
async function execute(
	context: ITriggerFunctions,
	data: Parameters<ITriggerFunctions['emit']>[0],
): Promise<void> {
	const done = context.helpers.createDeferredPromise<IRun>();
	context.emit(data, undefined, done);
	const { status, data: result } = await done.promise;
	const { error } = result.resultData;
	// A workflow that waits has its data safe in n8n.
	if (!error && (status === 'success' || status === 'waiting')) return;
	throw new NodeOperationError(
		context.getNode(),
		error?.message ?? `The execution ended: ${status}`,
	);
}

function refusedItem({ event, reason }: RefusedOpen) {
	const item = openItem(JSON.parse(event));
	return { ...item, json: { ...item.json, error: reason } };
}

async function finishTime(): Promise<void> {
	await pause(FINISH_WITHIN_MS, new AbortController().signal);
}
