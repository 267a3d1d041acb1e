import type { IRun, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { within } from '../../src/async/time-limit';
import { runBatcher, type RefusedOpen } from '../../src/collector/consume/batcher';
import { FolderLockedError, openCollectorLog } from '../../src/collector/log/collector-log';
import { startCollector } from '../../src/collector/threads/collector';
import { watchLog } from '../../src/collector/watch/log-alarm';
import { toNodeError } from '../shared/each-item';
import { readStartFor, refuseUnknowableStart } from '../shared/fields/start-for';
import { isPublishing, refuseUnusableStore } from '../shared/installation/publishing';
import { reportSetup, withdrawSetup } from '../shared/receive/report-setup';
import { WORKFLOW_CONSUMER } from '../shared/receive/collector-log';
import { reportedTracker } from '../shared/receive/receive-settings';
import { chooserOf } from './choose-opens';
import { openItem } from '../shared/receive/open-item';
import { collectorSettings, imageHoldSettings } from './settings';

/** How long an execution under way may take when the workflow is unpublished or n8n stops. */
const FINISH_WITHIN_MS = 5000;

/**
 * Runs the collector beside n8n, and starts one execution per batch of its log until the workflow
 * is unpublished. A batch is done when its execution succeeded; otherwise it is repeated.
 */
export async function collectInBatches(context: ITriggerFunctions): Promise<ITriggerResponse> {
	try {
		// What can fail comes before the start, so that a failure leaves no thread, port or lock behind.
		const settings = await collectorSettings(context);
		await refuseUnusableStore(context);
		if (isPublishing(context) && settings.listener) {
			refuseUnknowableStart(context, readStartFor(context));
		}
		const batchSize = context.getNodeParameter('batchSize') as number;
		const intervalMs = (context.getNodeParameter('batchInterval') as number) * 1000;
		const log = openCollectorLog({ folder: settings.folder, durable: false });
		const collector = await startCollector(settings, {
			onProblem: (problem, message, times) =>
				context.logger.warn(`Open Collector Trigger: ${message}`, { problem, times }),
		}).catch((error: unknown) => {
			log.close();
			throw explain(context, error);
		});
		const unwatch = watchLog(collector, (level, message, numbers) =>
			context.logger[level](`Open Collector Trigger: ${message}`, numbers),
		);
		const stopping = new AbortController();
		const batching = runBatcher({
			log,
			consumer: WORKFLOW_CONSUMER,
			batchSize,
			intervalMs,
			choose: chooserOf(context),
			deliver: async (opens) => await execute(context, [opens.map(openItem)]),
			onRefused: async (refused) => await execute(context, [[], refused.map(refusedItem)]),
			onFailure: (_error, failures) =>
				context.logger.warn(
					'Open Collector Trigger: the workflow failed with a batch, which will come again',
					{ failures },
				),
			signal: stopping.signal,
		});
		// Webhooks that collect report their own setup. Not awaited: a store that is away is no reason to
		// keep the listener waiting.
		const setupReported =
			settings.listener &&
			reportSetup(context, () => ({
				...reportedTracker(context),
				imageHoldLimitMs: imageHoldSettings(context)?.limitMs,
			}));
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
				await atMostFinishTime(batching.catch(() => undefined));
				await collector.stop(FINISH_WITHIN_MS);
				log.close();
				if (setupReported) {
					const withdrawn = setupReported.then(async () => await withdrawSetup(context));
					await atMostFinishTime(withdrawn);
				}
			},
		};
	} catch (error) {
		throw toNodeError(context, error, 0);
	}
}

/** What a locked folder means in n8n, where users choose no folders. */
function explain(context: ITriggerFunctions, error: unknown): unknown {
	if (!(error instanceof FolderLockedError)) return error;
	return new NodeOperationError(
		context.getNode(),
		// n8n shows this sentence alone where publishing fails.
		'Only one Open Collector Trigger can be active per n8n instance, and another one is. Unpublish its workflow first.',
		{
			description:
				'Or put your steps behind that trigger. For a second port, run the command collect.',
		},
	);
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
	// n8n has stored the data of a workflow that waits.
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

async function atMostFinishTime(work: Promise<void>): Promise<void> {
	await within(FINISH_WITHIN_MS, work, () => undefined);
}
