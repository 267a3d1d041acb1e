import type { Backoff } from '../../async/backoff';
import { within } from '../../async/time-limit';
import { recordTogether, type OpenToRecord } from '../../intake/record-together';
import { toOpenRow } from '../../storage/opens/open-row';
import { StoreError } from '../../storage/port/store-error';
import type { TrackingStore } from '../../storage/port/tracking-store';
import type { OpenEvent } from '../../tracking/event/open-event';
import type { KeyRing } from '../../tracking/links/key-ring';
import { CollectorError } from '../config/collector-error';
import { newCounters } from '../config/counters';
import { shipLog, STORE_CONSUMER } from '../consume/shipper';
import { createCommitQueue, type CommitQueue } from '../log/commit-queue';
import { writeRecord } from '../log/log-record';
import { lockUnlessTaken, openCollectorLog, type CollectorLog } from '../log/collector-log';
import { describeError } from '../threads/thread';

/** A store that takes longer counts as away for this open. It may still write it. */
const STORE_LIMIT_MS = 2000;
/** How long an open may wait for the disk. */
const DISK_LIMIT_MS = 2000;
/** Room for about six thousand opens on a disk that is full. */
export const ROOM_BYTES = 8_000_000;
const BACKOFF: Backoff = { firstMs: 250, longestMs: 10_000 };
/** Another process carries this log into the store; it may end. */
const LOOK_AGAIN_MS = 10_000;
const FORGET_EVERY_MS = 3_600_000;
/** Opens sent to the store at once. Deleting more from the log would need more than its own room. */
const BATCH = 200;

/**
 * What became of an open: as the store has it, or as it waits on disk, from where it goes into the
 * store as soon as that is back. Of a person who was erased nothing stays.
 */
export type OpenOutcome = { stored: OpenEvent } | { waiting: OpenEvent } | 'erased';

export interface WaitingOpensDeps {
	/** Folder of the log */
	folder: string;
	/** Called for each try, so that a corrected credential is used */
	openStore(): Promise<Pick<TrackingStore, 'recordUnlessErased' | 'recordImageHeld'>>;
	keyRing(): Promise<KeyRing>;
	/** Called once when the store takes no opens any more, with a sentence for the operator */
	onAway(reason: string): void;
	/** Called when all that waited is written, with how many opens that were */
	onBack(written: number): void;
	/** Called with opens that waited and are in the store now, as it has them */
	onRecorded?(opens: OpenEvent[]): void;
	/** Called for an open that the store will never take */
	onRefused(reason: string): void;
	/** Called when the log itself cannot be made or read */
	onLogTrouble(reason: string): void;
	backoff?: Backoff;
}

/** Writes the opens of one node, by way of a log on disk while the store is away. */
export interface WaitingOpens {
	/**
	 * @param limitMs how long the store may take; 0 goes to the log at once
	 * @throws StoreError `invalid` for an event that the store will never take, which is kept as a
	 *   dead letter; CollectorError where neither the store nor the log can be written
	 */
	record(open: OpenToRecord, limitMs?: number): Promise<OpenOutcome>;
	/** Carries on with what waits, if anything does. Returns at once. */
	ship(): void;
	/** Why opens wait, as a sentence for the operator; `null` while none has to */
	reason(): string | null;
	/** The log, to look for a person in it */
	log(): CollectorLog;
	/** Ends the work and closes the log. What waits goes on at the next start. */
	stop(): Promise<void>;
}

export function createWaitingOpens(deps: WaitingOpensDeps): WaitingOpens {
	const stopping = new AbortController();
	let opened: { log: CollectorLog; queue: CommitQueue } | null = null;
	/** Why the last try failed; `null` while the store takes opens */
	let away: string | null = null;
	let told = false;
	let written = 0;
	let shipping: Promise<void> | null = null;
	let again: NodeJS.Timeout | undefined;
	const forgetting = setInterval(
		() => opened?.log.forgetOldLetters(new Date()),
		FORGET_EVERY_MS,
	).unref();

	const open = () => {
		if (opened === null) {
			const log = openCollectorLog({ folder: deps.folder, durable: true, roomBytes: ROOM_BYTES });
			log.setConsumers([STORE_CONSUMER]);
			log.forgetOldLetters(new Date());
			opened = { log, queue: createCommitQueue(log, { counters: newCounters() }) };
		}
		return opened;
	};

	const write = async (received: OpenToRecord, limitMs: number) => {
		let waits = true;
		const attempt = async () => {
			const [store, keyRing] = await Promise.all([deps.openStore(), deps.keyRing()]);
			return await recordTogether(store, keyRing, received, () => waits);
		};
		try {
			return await within(limitMs, attempt(), () => {
				throw slowStore(limitMs);
			});
		} catch (error) {
			away = describeError(error);
			return null;
		} finally {
			waits = false;
		}
	};

	const keep = async ({ event, load }: OpenToRecord): Promise<void> => {
		try {
			const { queue } = open();
			const entry = writeRecord({ open: event, burst: load });
			const onDisk = new Promise((resolve) => queue.add([entry], resolve));
			// Also where that takes too long: then it stays in memory until the disk takes it.
			void onDisk.then(ship);
			const outcome = await within(DISK_LIMIT_MS, onDisk, () => {
				throw new CollectorError(queue.health().failure ?? 'The disk did not answer in time.');
			});
			if (outcome === 'full') throw new CollectorError('It has reached its size limit.');
		} catch (error) {
			const why = away === null ? '' : ` Store: ${away}`;
			throw new CollectorError(
				`The open could be written neither to the tracking store nor to the log of opens that wait.${why} Log: ${describeError(error)}`,
			);
		}
	};

	/** Resolves when nothing waits any more, or somebody else carries it. */
	const shipAll = async (): Promise<void> => {
		const { log } = open();
		if (log.backlog(STORE_CONSUMER, 1) === 0) return;
		const unlock = lockUnlessTaken(deps.folder);
		if (unlock === null) {
			again = setTimeout(ship, LOOK_AGAIN_MS).unref();
			return;
		}
		try {
			// What comes in while the last batch is under way wants a round of its own.
			while (!stopping.signal.aborted && log.backlog(STORE_CONSUMER, 1) > 0) await round(log);
			// Somebody may have been erased meanwhile, whose open its file still holds.
			if (!stopping.signal.aborted) log.scrub();
		} finally {
			unlock();
		}
	};

	const round = async (log: CollectorLog): Promise<void> => {
		const done = new AbortController();
		const signal = AbortSignal.any([done.signal, stopping.signal]);
		let keyRing: KeyRing;
		await shipLog({
			log,
			openStore: async () => {
				keyRing = await deps.keyRing();
				return await deps.openStore();
			},
			keyRing: () => keyRing,
			signal,
			backoff: deps.backoff ?? BACKOFF,
			batchSize: BATCH,
			onShipped: (events) => {
				away = null;
				written += events;
				endIfEmpty();
			},
			onFailure: (error) => {
				away = describeError(error);
				// A store that closed itself is opened again by the next try.
				if (told || (error instanceof StoreError && error.code === 'closed')) return;
				told = true;
				deps.onAway(away);
			},
			onRecorded: deps.onRecorded,
			onRefused: (error) => {
				deps.onRefused(describeError(error));
				endIfEmpty();
			},
		});
		function endIfEmpty(): void {
			if (log.backlog(STORE_CONSUMER, 1) > 0) return;
			if (told) deps.onBack(written);
			told = false;
			written = 0;
			done.abort();
		}
	};

	const ship = (): void => {
		if (shipping !== null || stopping.signal.aborted) return;
		clearTimeout(again);
		shipping = shipAll()
			.catch((error: unknown) => {
				deps.onLogTrouble(describeError(error));
				again = setTimeout(ship, LOOK_AGAIN_MS).unref();
			})
			.finally(() => (shipping = null));
	};

	const reason = () => (shipping === null ? null : away);

	return {
		record: async (received, limitMs = STORE_LIMIT_MS) => {
			try {
				// Before it is needed: then there may be no room for it.
				open();
			} catch (error) {
				deps.onLogTrouble(describeError(error));
			}
			// Known without the store: nobody is told that it waits because the store was slow.
			let refused = whyInvalid(received.event);
			// While the last try to carry over what waits has failed, the next open need not try as well.
			if (refused === null && reason() === null && limitMs > 0) {
				const outcome = await write(received, limitMs);
				if (outcome === 'erased') return outcome;
				// What the store had already it holds, which is all that was asked for.
				if (outcome !== null && 'stored' in outcome) return { stored: outcome.stored };
				refused = outcome?.refused ?? null;
			}
			await keep(received);
			if (refused !== null) throw refused;
			return { waiting: received.event };
		},
		ship,
		reason,
		log: () => open().log,
		stop: async () => {
			stopping.abort();
			clearTimeout(again);
			clearInterval(forgetting);
			await shipping;
			opened?.log.close();
			opened = null;
		},
	};
}

/** Why no store takes an event; `null` for one that they take. */
function whyInvalid(event: OpenEvent): StoreError | null {
	try {
		toOpenRow(event);
		return null;
	} catch (error) {
		if (error instanceof StoreError) return error;
		throw error;
	}
}

function slowStore(limitMs: number): CollectorError {
	const seconds = Math.round(limitMs / 100) / 10;
	return new CollectorError(`The tracking store did not answer within ${seconds} seconds.`);
}
