import { PIXEL_PNG } from '../../src/tracking/pixel-image';

/** How many of the latest answers of a workflow are remembered. */
const REMEMBERED = 64;

interface Answer {
	image: Buffer;
	contentType: string | undefined;
	tookMs: number;
}

/** Per trigger, in this process; holds no word about anybody. */
const answers = new Map<string, { latest: Answer[]; next: number }>();

/** Notes how a workflow answered one load. */
export function noteAnswer(trigger: string, answer: Answer): void {
	const known = answers.get(trigger) ?? { latest: [], next: 0 };
	answers.set(trigger, known);
	known.latest[known.next] = answer;
	known.next = (known.next + 1) % REMEMBERED;
}

/**
 * How to answer a load that starts no workflow, so that nobody can tell: with an image and after a
 * time that the workflow had for one of its latest answers, chosen at random. Before the first
 * answer there is nothing to imitate, and the default pixel goes out at once.
 */
export function answerLikeOthers(trigger: string, random: () => number): Answer {
	const latest = answers.get(trigger)?.latest ?? [];
	return (
		latest[Math.floor(random() * latest.length)] ?? {
			image: PIXEL_PNG,
			contentType: undefined,
			tookMs: 0,
		}
	);
}
