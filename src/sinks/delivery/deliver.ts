import pLimit from 'p-limit';

import { pauseAfter } from '../../async/backoff';
import { within } from '../../async/time-limit';
import {
	type BatchAnswer,
	type RecordOutcome,
	type RequestContext,
	retryable,
	type Sink,
	type SinkRequest,
	type SinkResponse,
} from '../sink';
import type { Delivery, DeliverDeps, DeliverSettings, SinkItem } from './delivery';
import { safeReason } from './safe-reason';
import { toBatches, toUnits, type Unit } from './units';

/** Requests spent on finding the records that make a destination refuse a whole batch. */
const SPLITS_PER_BATCH = 64;

/** One batch under way: halves and follow-up requests inherit its budget of splits. */
interface SplitBudget {
	splitsLeft: number;
}

/**
 * Sends events to a destination in batches, and says of each what became of it.
 *
 * Only what the destination did not take is sent again, after a growing pause or after the time the
 * destination asks for, whichever is longer; a request to wait holds back all batches. Batches that are too large, or refused as a whole, are halved. A record whose
 * answer was lost is sent again under the same event id.
 *
 * @returns one outcome per item, in input order; never rejects because of a destination
 */
export async function deliver(
	items: readonly SinkItem[],
	sink: Sink,
	settings: DeliverSettings,
	deps: DeliverDeps,
): Promise<Delivery[]> {
	const { options, credential } = settings;
	const deadline = deps.now().getTime() + settings.maxTotalMs;
	const deliveries: Delivery[] = new Array<Delivery>(items.length);
	const context = (): RequestContext => ({ options, credential, now: deps.now() });
	const limits = sink.limits(options);
	let waitUntil = 0;

	const settle = (position: number, delivery: Delivery): void => {
		deliveries[position] =
			delivery.status === 'delivered'
				? { status: 'delivered' }
				: { status: delivery.status, reason: safeReason(delivery.reason, sink, credential) };
	};
	const settleAll = (units: readonly Unit[], delivery: Delivery): void => {
		for (const unit of units) for (const position of unit.positions) settle(position, delivery);
	};

	const units = toUnits(items, sink, context(), settle);
	const size = Math.max(1, Math.min(settings.batchSize, limits.records));
	const limit = pLimit(settings.concurrency);
	await Promise.all(
		toBatches(units, sink, size).map((batch) =>
			limit(() => sendBatch(batch, 1, { splitsLeft: SPLITS_PER_BATCH })),
		),
	);
	return deliveries;

	async function sendBatch(
		batch: readonly Unit[],
		attempt: number,
		budget: SplitBudget,
	): Promise<void> {
		await pause(waitUntil - deps.now().getTime());
		const timeLeft = deadline - deps.now().getTime();
		if (timeLeft <= 0) {
			settleAll(batch, outOfTime());
			return;
		}
		const answer = await ask(batch, Math.min(settings.timeoutMs, timeLeft));
		if ('split' in answer) {
			await splitBatch(batch, answer.split, attempt, budget);
			return;
		}
		const goOn: Unit[] = [];
		const again: Unit[] = [];
		let askedWait = 0;
		let lastReason = '';
		batch.forEach((unit, index) => {
			const outcome = answer[index];
			if (outcome.status === 'continue') {
				goOn.push({ ...unit, record: outcome.record });
			} else if (
				outcome.status !== 'retryable' ||
				outcome.later ||
				attempt >= settings.maxAttempts
			) {
				settleAll([unit], outcome);
			} else {
				again.push(unit);
				askedWait = Math.max(askedWait, outcome.afterMs ?? 0);
				lastReason = outcome.reason;
			}
		});
		if (goOn.length > 0) await sendBatch(goOn, 1, budget);
		if (again.length > 0) await sendAgain(again, attempt, budget, askedWait, lastReason);
	}

	async function sendAgain(
		batch: readonly Unit[],
		attempt: number,
		budget: SplitBudget,
		askedWait: number,
		reason: string,
	): Promise<void> {
		const now = deps.now().getTime();
		const wait = Math.max(askedWait, pauseAfter(attempt, settings.backoff, deps.random()));
		if (now + wait >= deadline) {
			const seconds = Math.ceil(wait / 1000);
			settleAll(batch, {
				status: 'retryable',
				reason: `${reason} (to be tried again after ${seconds} s, which is past the time limit)`,
			});
			return;
		}
		if (askedWait > 0) waitUntil = Math.max(waitUntil, now + askedWait);
		await pause(wait);
		await sendBatch(batch, attempt + 1, budget);
	}

	async function splitBatch(
		batch: readonly Unit[],
		reason: string,
		attempt: number,
		budget: SplitBudget,
	): Promise<void> {
		if (batch.length === 1) {
			settleAll(batch, { status: 'rejected', reason });
			return;
		}
		if (budget.splitsLeft < 2) {
			settleAll(batch, {
				status: 'retryable',
				reason: `${reason} (refused together with ${batch.length - 1} others; too many bad records to find each)`,
			});
			return;
		}
		budget.splitsLeft -= 2;
		const middle = Math.ceil(batch.length / 2);
		await sendBatch(batch.slice(0, middle), attempt, budget);
		await sendBatch(batch.slice(middle), attempt, budget);
	}

	/** One request and its answer. What goes wrong on the way is an answer too. */
	async function ask(batch: readonly Unit[], timeoutMs: number): Promise<BatchAnswer> {
		const records = batch.map((unit) => unit.record);
		const asked = context();
		let request: SinkRequest;
		try {
			request = sink.request(records, asked);
		} catch (error) {
			return { split: error instanceof Error ? error.message : String(error) };
		}
		if (Buffer.byteLength(request.body ?? '') > limits.bytes) {
			return { split: `larger than the ${limits.bytes} bytes that ${sink.displayName} takes` };
		}
		let response: SinkResponse;
		try {
			response = await within(timeoutMs, deps.send(request), () => {
				throw new TimeoutFault(timeoutMs);
			});
		} catch (error) {
			return records.map(() => retryable(faultReason(error)));
		}
		try {
			const answer = sink.outcome(response, records, { ...asked, now: deps.now() });
			if ('split' in answer || answer.length === records.length) return answer;
		} catch {
			// An answer that cannot be read says nothing about the records; the reason below says so.
		}
		const malformed: RecordOutcome = retryable(
			`The answer (HTTP ${response.status}) is not what ${sink.displayName} documents`,
		);
		return records.map(() => malformed);
	}

	async function pause(ms: number): Promise<void> {
		const allowed = Math.min(ms, deadline - deps.now().getTime());
		if (allowed > 0) await deps.sleep(allowed);
	}

	function outOfTime(): Delivery {
		const seconds = Math.round(settings.maxTotalMs / 1000);
		return { status: 'retryable', reason: `Not sent within the time limit of ${seconds} s` };
	}
}

class TimeoutFault extends Error {
	constructor(readonly ms: number) {
		super();
	}
}

/** A fault by its code, because messages of HTTP clients hold addresses and keys. */
function faultReason(error: unknown): string {
	if (error instanceof TimeoutFault) return `No answer within ${Math.round(error.ms / 1000)} s`;
	// n8n wraps what its HTTP client throws; the code is in the cause then.
	const code = codeOf(error) ?? codeOf(error instanceof Error ? error.cause : null);
	if (code !== null) return `No answer (${code})`;
	return `No answer (${error instanceof Error ? error.name : 'unknown fault'})`;
}

function codeOf(error: unknown): string | null {
	const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
	return typeof code === 'string' ? code : null;
}
