import type { IRun, ITriggerFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { BatcherOptions } from '../../../src/collector/consume/batcher';
import { within } from '../../../src/async/time-limit';
import { openItem } from './open-item';

/** How long an execution under way may take when the workflow is unpublished or n8n stops. */
export const FINISH_WITHIN_MS = 5000;
/** How long an execution may take where the workflow has no limit of its own. */
const END_WITHIN_MS = 3_600_000;

/** What the fields of the trigger say of its batches, and one execution for each of them. */
export function executions(
	context: ITriggerFunctions,
): Pick<BatcherOptions, 'batchSize' | 'intervalMs' | 'deliver' | 'onRefused' | 'onFailure'> {
	return {
		batchSize: context.getNodeParameter('batchSize') as number,
		intervalMs: (context.getNodeParameter('batchInterval') as number) * 1000,
		deliver: async (opens) => await execute(context, [opens.map(openItem)]),
		onRefused: async (refused) =>
			await execute(context, [
				[],
				refused.map(({ open, reason }) => ({ json: { ...open, error: reason } })),
			]),
		onFailure: (_error, failures) =>
			context.logger.warn(
				'Open Collector Trigger: the workflow failed with a batch, which will come again',
				{ failures },
			),
	};
}

/**
 * Starts an execution and waits for its end.
 *
 * @param endWithinMs how long it may take where the workflow has no limit of its own
 * @throws NodeOperationError when it did not succeed
 */
export async function execute(
	context: ITriggerFunctions,
	data: Parameters<ITriggerFunctions['emit']>[0],
	endWithinMs = END_WITHIN_MS,
): Promise<void> {
	const done = context.helpers.createDeferredPromise<IRun>();
	context.emit(data, undefined, done);
	// n8n never tells the end of an execution that a worker or n8n itself could not note, because the
	// database of n8n was away at that moment. Without a limit no other batch would ever follow.
	const { executionTimeout = 0 } = context.getWorkflowSettings();
	const limitMs = executionTimeout > 0 ? executionTimeout * 1000 + FINISH_WITHIN_MS : endWithinMs;
	const { status, data: result } = await within(limitMs, done.promise, () => {
		throw new NodeOperationError(context.getNode(), 'n8n did not say how the execution ended');
	});
	const { error } = result.resultData;
	// n8n has stored the data of a workflow that waits.
	if (!error && (status === 'success' || status === 'waiting')) return;
	throw new NodeOperationError(
		context.getNode(),
		error?.message ?? `The execution ended: ${status}`,
	);
}

/** Waits for work under way, but no longer than n8n does. */
export async function atMostFinishTime(work: Promise<unknown>): Promise<void> {
	await within(
		FINISH_WITHIN_MS,
		work.then(() => undefined),
		() => undefined,
	);
}
