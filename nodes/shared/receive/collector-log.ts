import { join } from 'node:path';

import type { IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { newCounters } from '../../../src/collector/config/counters';
import { createCommitQueue, type CommitQueue } from '../../../src/collector/log/commit-queue';
import { openCollectorLog } from '../../../src/collector/log/collector-log';
import { entriesOf } from '../../../src/collector/log/log-record';
import type { ReceivedOpen } from '../../../src/tracking/receive/receive-types';
import { isQueueMode } from '../../../src/intake/instance-environment';
import { dataFolder } from '../installation/data-folder';
import { isPublishing } from '../installation/publishing';

/** Name of the cursor of the workflow that gets the batches. */
export const WORKFLOW_CONSUMER = 'workflow';

/** Where the collector of this n8n keeps its log. */
export function collectorFolder(): string {
	return join(dataFolder(), 'collector');
}

const NOT_IN_QUEUE_MODE =
	'Opens cannot be collected for batches in queue mode, where each process would keep a log of its own. Set Respond to Immediately.';

/**
 * Keeps a workflow from being published whose trigger would collect in queue mode: requests come
 * to several processes there, and the log is a file of one.
 *
 * @throws NodeOperationError with what to do instead
 */
export function refuseCollectingInQueueMode(
	context: Pick<IHookFunctions, 'getActivationMode' | 'getNode' | 'getNodeParameter'>,
): void {
	if (!isPublishing(context) || !isQueueMode()) return;
	if (context.getNodeParameter('respond') !== 'collect') return;
	throw new NodeOperationError(context.getNode(), NOT_IN_QUEUE_MODE, {
		description:
			'Or run the command collect. An Open Collector Trigger whose Collect From is Store gives a workflow batches of what either records.',
	});
}

/** One queue per folder, in module scope because n8n makes node instances anew. */
const queues = new Map<string, CommitQueue>();

/**
 * Writes an open into the log that the Open Collector Trigger reads. Resolves when it is on disk.
 * One that may not be kept takes as long, so that the time of the answer does not tell.
 *
 * @throws when the log has reached the size that the Open Collector Trigger allows, or n8n is in
 *   queue mode by now
 */
export async function collectOpen(
	received: Pick<ReceivedOpen, 'event' | 'load' | 'looked'>,
): Promise<void> {
	// Published before n8n was switched to queue mode, which does not ask the trigger again.
	if (isQueueMode()) throw new Error(NOT_IN_QUEUE_MODE);
	const folder = collectorFolder();
	let queue = queues.get(folder);
	if (!queue) {
		queue = createCommitQueue(openCollectorLog({ folder, durable: true }), {
			counters: newCounters(),
		});
		queues.set(folder, queue);
	}
	const outcome = await new Promise((resolve) => queue.add(entriesOf(received), resolve));
	if (outcome === 'full') {
		throw new Error(
			'The log of collected opens is full. Publish a workflow with the Open Collector Trigger, which reads it, or raise the Log Size Limit there.',
		);
	}
}
