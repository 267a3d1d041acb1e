import { PIXEL_PNG } from '../../src/tracking/receive/pixel-image';

/** How many of the latest responses of a workflow are remembered. */
const REMEMBERED = 64;

/** How a workflow answered one load. */
export interface WorkflowResponse {
	image: Buffer;
	contentType: string | undefined;
	tookMs: number;
	/** Whom it may have been made for: an id of the person or of their email; `null` for nobody */
	madeFor: string | null;
}

/** What is known of the responses of one trigger, in this process alone. */
interface Memory {
	times: number[];
	next: number;
	/** The latest response, and how many in a row had its image */
	latest: WorkflowResponse;
	alike: number;
	/** Whether that image went to two people, or to a load that names nobody */
	isForAll: boolean;
}

const memories = new Map<string, Memory>();

/** Notes how a workflow answered one load. */
export function noteResponse(trigger: string, response: WorkflowResponse): void {
	const known = memories.get(trigger);
	const before = known !== undefined && isSameImage(known.latest, response) ? known : undefined;
	const memory: Memory = {
		times: known?.times ?? [],
		next: known?.next ?? 0,
		latest: response,
		alike: (before?.alike ?? 0) + 1,
		isForAll:
			response.madeFor === null ||
			(before !== undefined && (before.isForAll || before.latest.madeFor !== response.madeFor)),
	};
	memory.times[memory.next] = response.tookMs;
	memory.next = (memory.next + 1) % REMEMBERED;
	memories.set(trigger, memory);
}

/**
 * How to answer a load that starts no workflow: with the default pixel, after a time that the
 * workflow needed for one of its latest responses, chosen at random. The image of the workflow
 * goes out only where all remembered responses had the same one and not all went to one person:
 * what was made for one person must not reach another. Before the first response there is nothing
 * to imitate, and the time is 0.
 */
export function imitateResponse(
	trigger: string,
	random: () => number,
): Pick<WorkflowResponse, 'image' | 'contentType' | 'tookMs'> {
	const memory = memories.get(trigger);
	if (memory === undefined) return { image: PIXEL_PNG, contentType: undefined, tookMs: 0 };
	const { times, latest, alike, isForAll } = memory;
	const isShared = isForAll && alike >= times.length;
	return {
		image: isShared ? latest.image : PIXEL_PNG,
		contentType: isShared ? latest.contentType : undefined,
		tookMs: times[Math.floor(random() * times.length)],
	};
}

function isSameImage(one: WorkflowResponse, other: WorkflowResponse): boolean {
	return one.contentType === other.contentType && one.image.equals(other.image);
}
