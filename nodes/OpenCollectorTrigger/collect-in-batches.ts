import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { runBatcher } from '../../src/collector/consume/batcher';
import { logSource } from '../../src/collector/consume/log-source';
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
import { collectorSettings, imageHoldSettings } from './settings';
import { atMostFinishTime, executions, FINISH_WITHIN_MS } from '../shared/receive/start-execution';

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
		const batches = executions(context);
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
			...batches,
			source: logSource(log, WORKFLOW_CONSUMER, chooserOf(context)),
			signal: stopping.signal,
		});
		// Webhooks that collect report their own setup. Not awaited: a store that is away is no reason to
		// keep the listener waiting.
		const setupReported =
			settings.listener &&
			reportSetup(context, () => ({
				...reportedTracker(context),
				imageHoldLimitMs: imageHoldSettings(context)?.limitMs,
				...(settings.listener?.clicks && { clicks: true }),
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
