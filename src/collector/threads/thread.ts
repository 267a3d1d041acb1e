import type { MessagePort } from 'node:worker_threads';

import { KeyError } from '../../intake/intake-settings';
import { StoreError } from '../../storage/port/store-error';
import { CollectorError } from '../config/collector-error';
import type { Counters } from '../config/counters';
import type { HandingOnReport } from '../consume/hand-on';
import type { ShippingReport } from '../consume/shipper';
import type { LogHealth } from '../log/commit-queue';

/** The same kind of problem is told once in this time; a store that is away fails for each load. */
const TELL_EVERY_MS = 10_000;
/** How often a thread tells how it is going. */
export const REPORT_EVERY_MS = 500;
/** Counting further than this costs time and tells nothing more. */
export const COUNT_BACKLOG_TO = 1_000_000;

/** What the listening thread tells about itself, about twice a second. */
export interface ListenReport {
	counters: Counters;
	connections: number;
	/** Answers held open to measure for how long */
	held: number;
	log: LogHealth;
}
export type ThreadReport = ListenReport | ShippingReport | HandingOnReport;

export type Problem = 'lookup' | 'request' | 'shipping' | 'refused' | 'handing-on';
export type ToThread = { type: 'stop'; limitMs: number };
export type FromThread =
	| { type: 'ready'; port: number | null }
	| { type: 'failed'; message: string }
	| { type: 'report'; report: ThreadReport }
	| { type: 'problem'; what: Problem; message: string; times: number }
	| { type: 'stopped' };

/** How a thread of the collector reports to the one that started it. */
export interface ThreadPort {
	report(report: ThreadReport): void;
	problem(what: Problem, error: unknown): void;
}

/** A started thread: what it listens on, if anything, and how it is stopped. */
export interface ThreadWork {
	port: number | null;
	stop(limitMs: number): Promise<void>;
}

/**
 * Runs the work of a thread: says when it is ready or why it failed to start, and stops it when
 * told to.
 */
export function runThread(
	port: MessagePort | null,
	start: (port: ThreadPort) => Promise<ThreadWork>,
): void {
	if (!port) throw new CollectorError('This file runs in a thread. Start the collector instead.');
	const send = (message: FromThread) => port.postMessage(message);
	const told = new Map<Problem, { at: number; untold: number }>();
	const starting = start({
		report: (report) => send({ type: 'report', report }),
		problem: (what, error) => {
			const last = told.get(what);
			const untold = (last?.untold ?? 0) + 1;
			if (last && Date.now() - last.at < TELL_EVERY_MS) {
				last.untold = untold;
				return;
			}
			told.set(what, { at: Date.now(), untold: 0 });
			send({ type: 'problem', what, message: describeError(error), times: untold });
		},
	});
	starting.then(
		(work) => send({ type: 'ready', port: work.port }),
		(error: unknown) => {
			send({ type: 'failed', message: describeError(error) });
			port.close();
		},
	);
	port.on('message', (message: ToThread) => {
		void starting
			.then((work) => work.stop(message.limitMs))
			.then(() => {
				send({ type: 'stopped' });
				port.close();
			});
	});
}

/**
 * What of an error may be logged: our own messages hold nothing personal; of any other error only
 * its name and code, because nobody knows what its message quotes.
 */
export function describeError(error: unknown): string {
	const isOurs = [CollectorError, KeyError, StoreError].some((kind) => error instanceof kind);
	if (error instanceof Error && isOurs) return error.message;
	if (!(error instanceof Error)) return 'unknown error';
	return 'code' in error ? `${error.name} (${String(error.code)})` : error.name;
}
