import { randomUUID } from 'node:crypto';

import { pause, pauseAfter, type Backoff } from '../../async/backoff';
import { within } from '../../async/time-limit';
import type { ArrivedOpen, BatchStore, ReaderTurn } from '../../storage/port/batch-store';
import { StoreError } from '../../storage/port/store-error';
import type { OpenEvent } from '../../tracking/event/open-event';
import { runBatcher, SourceError, type BatcherOptions, type BatchSource } from './batcher';

/** How long a turn lasts that is not kept. Who is killed or cut off is stood in for after that. */
const TURN_MS = 6000;
const KEEP_EVERY_MS = 2000;
/** How often somebody who waits asks for the turn. */
const ASK_EVERY_MS = 1000;
/** All writers of the store wait while it says what is settled. */
const SETTLE_EVERY_MS = 500;
/** Longer than a write may wait for others. */
const ANSWER_WITHIN_MS = 15_000;
const BACKOFF: Backoff = { firstMs: 250, longestMs: 30_000 };

export interface StoreBatchesOptions extends Omit<BatcherOptions<ArrivedOpen>, 'source'> {
	/** Opens the store; called again after a failure */
	openStore(): Promise<BatchStore>;
	/** What all who may stand in for each other call it */
	reader: string;
	/** Where a reader that is new begins */
	begin: 'now' | 'oldest';
	/** Whether an open is handed over; the others are passed */
	isWanted(open: OpenEvent): boolean;
	/** Called when this one gets the turn, and when somebody else has it */
	onTurn(has: boolean): void;
	/** Called each time that the store fails */
	onAway(error: unknown): void;
	/** Called when the store answers, at first and after a failure */
	onBack(): void;
}

/**
 * Hands over the opens of a store in batches, whoever wrote them, in the order in which they came
 * in and at least once: the reader moves on when a batch was processed. One at a time of all that
 * call this with the same reader does so; the others wait, and one of them goes on where
 * it stood. Resolves when `signal` aborts.
 *
 * Whoever has the turn and cannot keep it stops before anybody else may begin. What is under way then
 * is handed over a second time.
 */
export async function runStoreBatches(options: StoreBatchesOptions): Promise<void> {
	const { signal, begin, onTurn, onAway, onBack } = options;
	const turn = { reader: options.reader, holder: randomUUID() };
	let failures = 0;
	while (!signal.aborted) {
		try {
			const store = await options.openStore();
			const askedAt = performance.now();
			const position = await answer(store.takeTurn(turn, TURN_MS, begin));
			failures = 0;
			onBack();
			onTurn(position !== null);
			if (position === null) await pause(ASK_EVERY_MS, signal);
			else await readInTurn(store, turn, { ...options, position, askedAt });
		} catch (error) {
			if (error instanceof TurnOver) continue;
			failures += 1;
			onAway(error instanceof SourceError ? error.cause : error);
			await pause(pauseAfter(failures, BACKOFF, Math.random()), signal);
		}
	}
}

async function readInTurn(
	store: BatchStore,
	turn: ReaderTurn,
	options: StoreBatchesOptions & { position: number; askedAt: number },
): Promise<void> {
	const ended = new AbortController();
	let heldUntil = options.askedAt + TURN_MS;
	const keep = async () => {
		// Not beyond the end of the work: an execution without end must not keep the next one waiting.
		const over = AbortSignal.any([ended.signal, options.signal]);
		while (!over.aborted) {
			await pause(KEEP_EVERY_MS, over);
			if (over.aborted) return;
			const askedAt = performance.now();
			const kept = await answer(store.keepTurn(turn, TURN_MS)).catch(() => null);
			// Without an answer the turn runs out by itself; the reading says what is wrong with the store.
			if (kept === null) continue;
			heldUntil = kept ? askedAt + TURN_MS : -Infinity;
			if (!kept) return;
		}
	};
	void keep();
	try {
		const source = storeSource(store, turn, {
			...options,
			hasTurn: () => performance.now() < heldUntil,
		});
		await runBatcher({ ...options, source });
	} finally {
		ended.abort();
	}
	await answer(store.endTurn(turn));
}

function storeSource(
	store: BatchStore,
	turn: ReaderTurn,
	{
		position,
		isWanted,
		hasTurn,
		signal,
	}: { position: number; hasTurn(): boolean } & Pick<StoreBatchesOptions, 'isWanted' | 'signal'>,
): BatchSource<ArrivedOpen> {
	/** All up to here is handed over, or is not to be */
	let done = position;
	/** Nothing more comes in up to here */
	let settled = 0;
	let settledAt = -Infinity;
	const next = async (limit: number) =>
		settled > done ? await ofSource(store.listArrived({ after: done, upTo: settled, limit })) : [];
	return {
		// By the distance of two numbers, some of which may be gone or an open's that only changed.
		backlog: async (limit) => {
			if (!hasTurn()) throw new TurnOver();
			return Math.min(limit, Math.max(0, (await ofSource(store.newestNumber())) - done));
		},
		read: async (limit) => {
			const known = await next(limit);
			if (known.length === limit) return known;
			await pause(Math.max(0, settledAt + SETTLE_EVERY_MS - performance.now()), signal);
			settled = await ofSource(store.settledNumber());
			settledAt = performance.now();
			const entries = await next(limit);
			if (entries.length === 0) done = Math.max(done, settled);
			return entries;
		},
		opensOf: async (entries) => {
			// Read at the last moment: who was erased meanwhile is not among them.
			const opens = await ofSource(store.findOpens(entries));
			if (!hasTurn()) throw new TurnOver();
			return opens.filter(isWanted);
		},
		// What is refused stays in the store, like everything else.
		advance: async (seq) => {
			if (!(await ofSource(store.moveReader(turn, seq)))) throw new TurnOver();
			done = seq;
		},
	};
}

/** Somebody else has the turn, or may have it. */
class TurnOver extends SourceError {}

async function ofSource<T>(question: Promise<T>): Promise<T> {
	try {
		return await answer(question);
	} catch (error) {
		throw new SourceError('The store failed', { cause: error });
	}
}

/** A connection that hangs gives no answer, and no error for a quarter of an hour. */
async function answer<T>(question: Promise<T>): Promise<T> {
	return await within(ANSWER_WITHIN_MS, question, () => {
		throw new StoreError('busy', 'The tracking store did not answer within 15 seconds.');
	});
}
