import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';

/** How many of the latest answers of a workflow are remembered. */
const REMEMBERED = 64;
/** How much of an error in time is made up for at once; less follows a busy machine more calmly. */
const CORRECTION = 0.1;
const MAX_LEAD_MS = 50;

interface Answer {
	image: Buffer;
	contentType: string | undefined;
	tookMs: number;
}

interface Trigger {
	latest: Answer[];
	next: number;
	/** By how much imitated answers have to start early: timers fire late on a busy machine */
	leadMs: number;
}

/** Per trigger, in this process; holds no word about anybody. */
const triggers = new Map<string, Trigger>();

/** Notes how a workflow answered one load. */
export function noteAnswer(id: string, answer: Answer): void {
	const trigger = triggers.get(id) ?? { latest: [], next: 0, leadMs: 0 };
	triggers.set(id, trigger);
	trigger.latest[trigger.next] = answer;
	trigger.next = (trigger.next + 1) % REMEMBERED;
}

/**
 * How to answer a load that starts no workflow, so that nobody can tell: with an image and after a
 * time that the workflow had for one of its latest answers, chosen at random. Before the first
 * answer there is nothing to imitate, and the default pixel goes out at once.
 *
 * @returns `sent`, to be told how many milliseconds the answer took in the end
 */
export function answerLikeOthers(
	id: string,
	random: () => number,
): Pick<Answer, 'image' | 'contentType'> & { afterMs: number; sent(tookMs: number): void } {
	const trigger = triggers.get(id);
	const other = trigger?.latest[Math.floor(random() * trigger.latest.length)];
	if (!trigger || !other) {
		return { image: PIXEL_PNG, contentType: undefined, afterMs: 0, sent: () => {} };
	}
	const { image, contentType, tookMs } = other;
	return {
		image,
		contentType,
		afterMs: tookMs - trigger.leadMs,
		sent: (reallyMs) => {
			const lead = trigger.leadMs + CORRECTION * (reallyMs - tookMs);
			trigger.leadMs = Math.min(Math.max(lead, 0), MAX_LEAD_MS);
		},
	};
}
