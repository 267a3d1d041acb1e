import { setTimeout as sleep } from 'node:timers/promises';

import { StoreError } from '../storage/port/store-error';
import type {
	BurstOptions,
	CheckedOpen,
	CheckedRecord,
	TrackingStore,
} from '../storage/port/tracking-store';
import { domainMark } from '../tracking/bursts/burst-rules';
import type { OpenEvent } from '../tracking/event/open-event';
import { deriveKey, type KeyRing } from '../tracking/links/key-ring';
import type { LoadInPlace } from '../tracking/receive/receive-types';
import { denylistKeysOfEvent } from '../tracking/people/subject-keys';

/**
 * Opens that come at the same time share a transaction, which under load takes most of the cost of
 * writing away. The requester has the image already and does not wait for this.
 */
const SHARE_FOR_MS = 20;
/** How long a note waits for its open, which is most often on its way in the same process. */
const NOTE_WAITS_MS = 250;
/** A transaction of some ten milliseconds. */
const MOST_AT_ONCE = 500;
/** Notes kept while the store is away; the oldest are dropped first. */
export const MOST_NOTES = 2_000;

/**
 * What the store made of an open: nothing, because the person was erased since it came in; nothing
 * ever, because the store finds it invalid; or the open as the store has it, with what the store knows
 * of the loads around it and before it. `isNew` is false where the store had it already.
 */
export type StoredOutcome =
	| 'erased'
	| { refused: StoreError }
	| { stored: OpenEvent; isNew: boolean };

/** An open on its way to the store, and where it belongs in the burst windows, if anywhere. */
export type OpenToRecord = Pick<CheckedOpen, 'event' | 'load'>;

type RecordingStore = Pick<TrackingStore, 'recordUnlessErased'>;
type MarkOf = NonNullable<BurstOptions['markOf']>;

interface Waiting {
	open: CheckedOpen;
	markOf: MarkOf;
	isWanted(): boolean;
	resolve(outcome: StoredOutcome): void;
	reject(error: unknown): void;
}

interface Writer {
	add(waiting: Waiting): void;
	note(note: LoadInPlace, markOf: MarkOf, onFailure: (error: unknown) => void): void;
}

const writers = new WeakMap<RecordingStore, Writer>();

/** An open with what the store needs to look for its person among those who were erased. */
export function checkedOpen({ event, load }: OpenToRecord, keyRing: KeyRing): CheckedOpen {
	return { event, load, denylistKeys: denylistKeysOfEvent(event, keyRing) };
}

/** The opens that the store has, with what it knows of them. */
export function asStored(
	opens: readonly CheckedOpen[],
	knowledge: CheckedRecord['knowledge'],
): OpenEvent[] {
	return opens.flatMap(({ event }) => {
		const known = knowledge.get(event.eventId);
		return known === undefined ? [] : [{ ...event, ...known }];
	});
}

/** See `BurstOptions.markOf`. */
export function domainMarks(keyRing: KeyRing): MarkOf {
	return (domain) => domainMark(domain, deriveKey(keyRing.active, 'burst'));
}

/**
 * Writes one open, together with others that come at the same time: the way of all doors that do
 * not write a log first. The erasure check is part of the transaction, so nobody who was erased
 * since the lookup comes back, and so are the burst windows. One transaction is under way at a
 * time: otherwise each of them would ask a locked store again and again.
 *
 * @param received without a load where that was given to {@link noteLoad}
 * @param isWanted whether the caller still waits; one that gave up is not written any more
 * @returns `refused` for an event that the store will never take
 * @throws what the store threw for all of them: it may take them later
 */
export async function recordTogether(
	store: RecordingStore,
	keyRing: KeyRing,
	received: OpenToRecord,
	isWanted: () => boolean = () => true,
): Promise<StoredOutcome> {
	const open = checkedOpen(received, keyRing);
	const markOf = domainMarks(keyRing);
	return await new Promise((resolve, reject) =>
		writerOf(store).add({ open, markOf, isWanted, resolve, reject }),
	);
}

/**
 * Takes the load of an open that reaches the store another way, through a workflow. It goes along
 * with the next opens of this process, its own most often among them, or alone after a moment: that
 * may be in another process. Returns at once. What waits when the process ends is lost, and with it
 * at most the label of a burst.
 *
 * @param onFailure gets what the store threw; the load is kept and goes along with the next ones
 */
export function noteLoad(
	store: RecordingStore,
	keyRing: KeyRing,
	note: LoadInPlace,
	onFailure: (error: unknown) => void,
): void {
	writerOf(store).note(note, domainMarks(keyRing), onFailure);
}

function writerOf(store: RecordingStore): Writer {
	const writer = writers.get(store) ?? newWriter(store);
	writers.set(store, writer);
	return writer;
}

function newWriter(store: RecordingStore): Writer {
	let all: Waiting[] = [];
	let notes: LoadInPlace[] = [];
	/** Of the latest note */
	let lastNote: { markOf: MarkOf; onFailure(error: unknown): void } | undefined;
	let alone: NodeJS.Timeout | undefined;
	let busy = false;

	const writeGroup = async (): Promise<void> => {
		const wanted = all.filter(({ isWanted }) => isWanted());
		const group = wanted.slice(0, MOST_AT_ONCE);
		all = wanted.slice(MOST_AT_ONCE);
		const along = notes;
		notes = [];
		if (group.length + along.length === 0) return;
		const markOf = group.at(-1)?.markOf ?? lastNote?.markOf;
		const opens = group.map(({ open }) => open);
		try {
			const outcomes = await writeAll(store, opens, { notes: along, markOf });
			group.forEach(({ resolve }, index) => resolve(outcomes[index]));
		} catch (error) {
			notes = [...along, ...notes].slice(-MOST_NOTES);
			if (along.length > 0) lastNote?.onFailure(error);
			for (const { reject } of group) reject(error);
		}
	};
	const work = async (): Promise<void> => {
		busy = true;
		await sleep(SHARE_FOR_MS);
		do await writeGroup();
		while (all.length > 0);
		busy = false;
	};
	const noteAlone = () => {
		alone = busy ? setTimeout(noteAlone, NOTE_WAITS_MS).unref() : undefined;
		if (!busy && notes.length > 0) void work();
	};
	return {
		add: (waiting) => {
			all.push(waiting);
			if (!busy) void work();
		},
		note: (note, markOf, onFailure) => {
			notes = [...notes.slice(1 - MOST_NOTES), note];
			lastNote = { markOf, onFailure };
			alone ??= setTimeout(noteAlone, NOTE_WAITS_MS).unref();
		},
	};
}

async function writeAll(
	store: RecordingStore,
	opens: readonly CheckedOpen[],
	bursts: BurstOptions,
): Promise<StoredOutcome[]> {
	try {
		const { erased, recorded, knowledge } = await store.recordUnlessErased(opens, bursts);
		// Of two with the same id, which may stand side by side here, one is new.
		const fresh = new Set(recorded);
		return opens.map(({ event }) => {
			const { eventId } = event;
			if (erased.has(eventId)) return 'erased';
			const stored = { ...event, ...knowledge.get(eventId) };
			return { stored, isNew: fresh.delete(eventId) };
		});
	} catch (error) {
		// One event that the store finds invalid must not be the fault of the others.
		if (!(error instanceof StoreError) || error.code !== 'invalid') throw error;
		if (opens.length === 1 && !bursts.notes?.length) return [{ refused: error }];
		if (bursts.notes?.length) await store.recordUnlessErased([], bursts);
		const outcomes: StoredOutcome[] = [];
		for (const open of opens) {
			outcomes.push(...(await writeAll(store, [open], { markOf: bursts.markOf })));
		}
		return outcomes;
	}
}
