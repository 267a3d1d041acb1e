import { randomBytes } from 'node:crypto';
import { once, EventEmitter } from 'node:events';

import { MOST_NOTES, noteLoad, recordTogether } from '../../../src/intake/record-together';
import type { BurstOptions, CheckedOpen } from '../../../src/storage/port/tracking-store';
import { StoreError } from '../../../src/storage/port/store-error';
import { generateKey, parseKeyRing } from '../../../src/tracking/links/key-ring';
import { AWAY } from '../../support/failing-store';
import { openEvent } from '../../support/open-events';

const keyRing = parseKeyRing({ activeKey: generateKey(randomBytes) });

const received = () => {
	const event = openEvent();
	const recipient = { name: 'n', mark: 'm' };
	return { event, load: { eventId: event.eventId, at: 1, open: true, recipient, address: null } };
};

/** A store that notes the transactions that it is asked for. */
function notingStore() {
	const state = { failure: null as Error | null, invalid: new Set<string>() };
	const happened = new EventEmitter();
	const transactions: Array<{ opens: string[]; notes: string[] }> = [];
	const failures: unknown[] = [];
	const store = {
		recordUnlessErased: async (
			opens: readonly CheckedOpen[],
			{ notes = [] }: BurstOptions = {},
		) => {
			const ids = opens.map(({ event }) => event.eventId);
			transactions.push({ opens: ids, notes: notes.map(({ load }) => load.eventId) });
			setImmediate(() => happened.emit('transaction'));
			if (state.failure) throw state.failure;
			if (ids.some((id) => state.invalid.has(id))) throw new StoreError('invalid', 'Bad.');
			return { erased: new Set<string>(), recorded: new Set(ids), knowledge: new Map() };
		},
	};
	const note = (one: ReturnType<typeof received>) =>
		noteLoad(store, keyRing, one, (error) => void failures.push(error));
	return {
		state,
		store,
		transactions,
		failures,
		note,
		written: () => once(happened, 'transaction'),
	};
}

describe('loads whose opens go through a workflow', () => {
	it('are written in the transaction of their own open, where the same process records it', async () => {
		const { store, transactions, note } = notingStore();
		const one = received();
		note(one);
		await recordTogether(store, keyRing, { event: one.event });
		const { eventId } = one.event;
		expect(transactions).toEqual([{ opens: [eventId], notes: [eventId] }]);
	});

	it('are written together and alone after a moment, where another process records the opens', async () => {
		const { transactions, note, written } = notingStore();
		const both = [received(), received()];
		for (const one of both) note(one);
		expect(transactions).toEqual([]);
		await written();
		const notes = both.map(({ event }) => event.eventId);
		expect(transactions).toEqual([{ opens: [], notes }]);
	});

	it('wait while the store is away, the oldest dropped first, and go along with the next', async () => {
		const { state, store, transactions, failures, note, written } = notingStore();
		state.failure = AWAY;
		const many = Array.from({ length: MOST_NOTES + 5 }, received);
		for (const one of many) note(one);
		await written();
		expect(failures).toEqual([AWAY]);
		state.failure = null;
		await recordTogether(store, keyRing, { event: openEvent() });
		const kept = many.slice(5).map(({ event }) => event.eventId);
		expect(transactions.at(-1)?.notes).toEqual(kept);
	});

	it('lose nothing by an open of the same transaction that the store will never take', async () => {
		const { state, store, transactions, note } = notingStore();
		const [noted, bad, good] = [received(), received(), received()];
		state.invalid.add(bad.event.eventId);
		note(noted);
		const outcomes = await Promise.all(
			[bad, good].map(({ event }) => recordTogether(store, keyRing, { event })),
		);
		expect(outcomes).toMatchObject([
			{ refused: { code: 'invalid' } },
			{ stored: good.event, isNew: true },
		]);
		const alone = transactions.slice(1).map(({ opens, notes }) => [...opens, ...notes]);
		expect(alone).toEqual([[noted], [bad], [good]].map(([{ event }]) => [event.eventId]));
	});
});

it('tells of an open as the store has it', async () => {
	const { store } = notingStore();
	const event = openEvent({ actor: 'human' });
	const knowledge = {
		actor: 'scanner',
		actorReason: 'network-burst',
		rulesVersion: '1',
		firstOpen: false,
		quietDays: null,
	} as const;
	const labeling = {
		recordUnlessErased: async (opens: readonly CheckedOpen[]) => ({
			...(await store.recordUnlessErased(opens)),
			knowledge: new Map([[event.eventId, knowledge]]),
		}),
	};
	const outcome = await recordTogether(labeling, keyRing, { event });
	expect(outcome).toEqual({ stored: { ...event, ...knowledge }, isNew: true });
});
