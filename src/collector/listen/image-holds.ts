import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';

import type { OpenEvent } from '../../tracking/event/open-event';
import { PIXEL_PNG } from '../../tracking/receive/pixel-image';
import { pixelHeaders } from '../../tracking/receive/pixel-response';
import type { Counters } from '../config/counters';
import type { CommitQueue } from '../log/commit-queue';
import { writeRecord } from '../log/log-record';

/** How long an answer is held open, in milliseconds. */
export const IMAGE_HOLD_LIMITS = { leastMs: 1000, mostMs: 300_000, defaultMs: 60_000 } as const;
/** Held answers take at most this share of all connections; the others stay for other loads. */
const HELD_SHARE = 0.5;

/**
 * Without a length the answer ends when it is ended, so HTTP/1.1 sends it in chunks. nginx would
 * keep the image back until then, unless it is told not to
 * (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).
 */
const HEADERS = [
	...Object.entries(pixelHeaders(PIXEL_PNG.length)).filter(([name]) => name !== 'content-length'),
	['x-accel-buffering', 'no'],
].flat();

/** A place for one answer that may be held open. */
export interface Hold {
	/**
	 * Sends the whole image and keeps the answer open, until the client goes or the limit is
	 * reached; then the held time goes into the log.
	 *
	 * @returns whether the answer is held; not when the client has gone already, or waits for another
	 *   answer first
	 */
	start(response: ServerResponse): boolean;
	/** Ends the answer properly if it is open, or gives the place back. */
	end(): void;
}

/** The answers that are held open to measure for how long. */
export interface ImageHolds {
	/**
	 * Takes a place for the answer to an open that may be measured, which has to be started or ended.
	 * `null` where the event does not say so, or there are too many; then the event says that.
	 */
	take(event: OpenEvent): Hold | null;
	/** Answers open at the moment */
	open(): number;
	/** Ends all of them at once; each is measured up to now. */
	endAll(): void;
}

/**
 * Keeps answers open to see how long their clients stay. Whether one may be is decided before, in
 * `askToHoldImage`.
 *
 * @param silenceMs after which the server closes a connection on which nothing moves; not while
 *   its answer is held, because then nothing is meant to move
 */
export function createImageHolds(
	limitMs: number,
	silenceMs: number,
	maxConnections: number,
	{ queue, counters }: { queue: Pick<CommitQueue, 'add'>; counters: Counters },
): ImageHolds {
	const most = Math.floor(maxConnections * HELD_SHARE);
	const holding = new Set<Hold>();
	let taken = 0;

	const newHold = (eventId: string): Hold => {
		let isOver = false;
		let release = (): void => undefined;
		taken += 1;
		const hold: Hold = {
			start(response) {
				response.writeHead(200, HEADERS);
				response.write(PIXEL_PNG);
				const { socket } = response;
				if (socket === null || socket.destroyed) {
					response.end();
					hold.end();
					return false;
				}
				const since = performance.now();
				socket.setTimeout(0);
				holding.add(hold);
				counters.held += 1;
				const limit = setTimeout(() => hold.end(), limitMs);
				release = () => {
					clearTimeout(limit);
					holding.delete(hold);
					socket.setTimeout(silenceMs);
					response.end();
					const imageHeldMs = Math.min(limitMs, Math.round(performance.now() - since));
					queue.add([writeRecord({ imageHeld: { eventId, imageHeldMs } })], (outcome) => {
						if (outcome === 'durable') counters.imagesHeld += 1;
					});
				};
				// The client went away, by the end of its connection or by an error of it.
				response.once('close', () => hold.end());
				return true;
			},
			end() {
				if (isOver) return;
				isOver = true;
				taken -= 1;
				release();
			},
		};
		return hold;
	};

	return {
		take(event) {
			if (!event.imageHeldMeasurable) return null;
			event.imageHeldMeasurable = taken < most;
			return event.imageHeldMeasurable ? newHold(event.eventId) : null;
		},
		open: () => holding.size,
		endAll: () => {
			for (const hold of [...holding]) hold.end();
		},
	};
}
