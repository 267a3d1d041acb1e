import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';

import { pause } from '../../src/async/backoff';
import { readRecord } from '../../src/collector/log/log-record';
import {
	isFolderLocked,
	openCollectorLog,
	type CollectorLog,
} from '../../src/collector/log/collector-log';
import { startCollector, type Collector } from '../../src/collector/threads/collector';
import type { OpenEvent } from '../../src/tracking/event/open-event';
import { toNodeError } from '../shared/each-item';
import { collectorFolder } from '../shared/receive/collector-log';
import { openItem } from '../shared/receive/open-item';
import { collectorSettings } from './settings';

const LOOK_EVERY_MS = 200;
const LOOK_AT = 500;

/**
 * For a test in the editor: shows the next open, or the next few, without taking them from the
 * published workflow. Where that is at work, its listener serves the test; else one is started
 * until the test ends.
 */
export async function collectOnce(context: ITriggerFunctions): Promise<ITriggerResponse> {
	const stopping = new AbortController();
	let collector: Collector | null = null;
	let log: CollectorLog | null = null;
	const stop = async () => {
		stopping.abort();
		await collector?.stop();
		log?.close();
	};
	return {
		closeFunction: stop,
		manualTriggerFunction: async () => {
			try {
				log = openCollectorLog({ folder: collectorFolder(), durable: false });
				// Read before the port opens: a load that comes at once must count as new.
				const before = log.lastSeq();
				if (!isFolderLocked(collectorFolder())) {
					collector = await startCollector(await collectorSettings(context), {
						onProblem: (problem, message) => context.logger.warn(message, { problem }),
					});
				}
				// The user may have ended the test while the collector was starting.
				if (stopping.signal.aborted) await stop();
				const opens = await nextOpens(log, before, stopping.signal);
				context.emit([opens.map(openItem)]);
			} catch (error) {
				await stop();
				throw toNodeError(context, error, 0);
			}
		},
	};
}

async function nextOpens(
	log: CollectorLog,
	afterSeq: number,
	signal: AbortSignal,
): Promise<OpenEvent[]> {
	let seq = afterSeq;
	while (!signal.aborted) {
		const entries = log.peek(seq, LOOK_AT);
		const opens = entries.flatMap(({ event }) => {
			const record = readRecord(event);
			return 'open' in record ? [record.open] : [];
		});
		if (opens.length > 0) return opens;
		seq = entries.at(-1)?.seq ?? seq;
		await pause(LOOK_EVERY_MS, signal);
	}
	return [];
}
