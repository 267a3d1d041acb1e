import { join } from 'node:path';

import { createCommitQueue, type CommitQueue } from '../../src/collector/commit-queue';
import { newCounters } from '../../src/collector/counters';
import { writeRecord } from '../../src/collector/log-record';
import { openLog } from '../../src/collector/open-log';
import { DEFAULT_LIMITS } from '../../src/collector/settings';
import type { ReceivedOpen } from '../../src/tracking/receive-open';
import { relabelsOfBurst } from '../../src/tracking/relabels-of-burst';
import { dataFolder, isQueueMode } from './data-folder';

/** Name of the cursor of the workflow that gets the batches. */
export const WORKFLOW_CONSUMER = 'workflow';

/** Where the collector of this n8n keeps its log. */
export function collectorFolder(): string {
	return join(dataFolder(), 'collector');
}

/** One queue per folder, in module scope because n8n makes node instances anew. */
const queues = new Map<string, CommitQueue>();

/**
 * Writes an open into the log that the Open Collector Trigger reads. Resolves when it is on disk.
 *
 * @throws when the log is full or n8n is in queue mode, with what to do
 */
export async function collectOpen({
	event,
	relabels,
	shared,
}: Pick<ReceivedOpen, 'event' | 'relabels' | 'shared'>): Promise<void> {
	if (event === null) return;
	if (isQueueMode()) {
		throw new Error(
			'Opens cannot be collected for batches in queue mode, where each process would keep a log of its own. Set Respond to Immediately, or run the command collect.',
		);
	}
	const folder = collectorFolder();
	let queue = queues.get(folder);
	if (!queue) {
		const log = openLog({ folder, durable: true });
		queue = createCommitQueue(log, { maxBytes: DEFAULT_LIMITS.maxBytes, counters: newCounters() });
		queues.set(folder, queue);
	}
	const entries = [
		writeRecord({ open: event, burst: shared }),
		...relabelsOfBurst(relabels).map((relabel) => writeRecord({ relabel })),
	];
	const outcome = await new Promise((resolve) => queue.add(entries, resolve));
	if (outcome === 'full') {
		throw new Error(
			'The log of collected opens is full. Publish a workflow with the Open Collector Trigger, which reads it.',
		);
	}
}
