import type { OpenEvent } from '../../tracking/event/open-event';

/** Somebody who wants to hand opens over, for a reader that several may stand in for. */
export interface ReaderTurn {
	/** What all who hand over for the same purpose call it */
	reader: string;
	/** What this one calls itself; no two do the same */
	holder: string;
}

/** What an open is found by; its time may be off by a day, as modes that keep the day alone store it. */
export type OpenKey = Pick<OpenEvent, 'eventId' | 'occurredAt'>;

/** An open, by its number in the order in which opens came in. */
export interface ArrivedOpen extends OpenKey {
	seq: number;
}

/**
 * Handing over the opens of a store in batches, by one at a time of all processes that ask for it.
 * Whose turn it is stands in a row with a time limit by the clock of the store: one that is killed or
 * cut off loses it by that, also where connections are pooled, and without the network noticing.
 */
export interface BatchStore {
	/**
	 * Takes the turn for so many milliseconds, unless somebody else has it: `null`. Otherwise gives
	 * the number of the last open that was handed over. A reader that is new begins with what is stored
	 * from now on, or with the oldest open.
	 */
	takeTurn(turn: ReaderTurn, forMs: number, begin: 'now' | 'oldest'): Promise<number | null>;
	/** Keeps the turn for so long from now on. Returns `false` where somebody else took it. */
	keepTurn(turn: ReaderTurn, forMs: number): Promise<boolean>;
	/** Notes that all opens up to a number are handed over. Returns `false` where somebody else took the turn. */
	moveReader(turn: ReaderTurn, seq: number): Promise<boolean>;
	/** Gives the turn back, so that nobody has to wait until its time is over. */
	endTurn(turn: ReaderTurn): Promise<void>;
	/** The highest number in the order of storing: where it grows, there is something to read. */
	newestNumber(): Promise<number>;
	/** The number up to which nothing more comes in. Waits until no writer is at work. */
	settledNumber(): Promise<number>;
	/**
	 * Opens in the order in which they came in, after one number and up to another that is settled. An
	 * open has one number there, however often its label or held time changes.
	 */
	listArrived(range: { after: number; upTo: number; limit: number }): Promise<ArrivedOpen[]>;
	/** Those of these opens that are there, as they are by now, in this order. */
	findOpens(opens: readonly OpenKey[]): Promise<OpenEvent[]>;
}
