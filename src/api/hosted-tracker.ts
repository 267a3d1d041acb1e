import { Parser } from 'htmlparser2';
import { z } from 'zod4';

import { pause, pauseAfter, type Backoff } from '../async/backoff';
import { retryAfterMs } from '../async/retry-after';
import { addressText, parseServerAddress } from '../tracking/links/server-address';

/** A tracker that asks for a longer pause than the longest one is not waited for. */
const BACKOFF: Backoff = { firstMs: 500, longestMs: 30_000 };
/** The largest answer that is read, unpacked; a dashboard of the API takes some kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const PIXEL_NOT_FOUND = 'Pixel not found';

/** What went wrong with a hosted tracker, for code that decides what to do next. */
export type HostedTrackerFailure =
	/** No answer: no connection, or none within the time allowed */
	| 'unreachable'
	/** It asked to wait (429) for longer, or more often, than this client does */
	| 'rate-limited'
	/** It failed itself (5xx) */
	| 'server-error'
	/** It refused the request (any other status) */
	| 'refused'
	/** It answered something that is not the Pixel Tracking API */
	| 'invalid-answer';

/** Thrown by every call that did not get a usable answer. The email can go out without a pixel. */
export class HostedTrackerError extends Error {
	override readonly name = 'HostedTrackerError';

	constructor(
		readonly failure: HostedTrackerFailure,
		message: string,
		/** HTTP status of the last answer; `null` when there was none */
		readonly status: number | null = null,
		options?: ErrorOptions,
	) {
		super(message, options);
	}
}

const timestamp = z.iso
	.datetime({ offset: true })
	.nullish()
	.transform((value) => value ?? null);
const httpUrl = z.url({ protocol: /^https?$/ });

const createdSchema = z.object({
	id: z.string().min(1).max(256),
	embedCode: z.string().min(1),
	trackingUrl: httpUrl.optional(),
});

const statusSchema = z.object({
	opened: z.boolean(),
	openedAt: timestamp,
	lastSeenAt: timestamp,
	viewCount: z.int().nonnegative(),
	totalViewTime: z.number().nonnegative(),
});
const notFoundSchema = z.object({ opened: z.literal(false), message: z.literal(PIXEL_NOT_FOUND) });
const checkedSchema = z.union([notFoundSchema, statusSchema]);

const listSchema = z.array(z.record(z.string(), z.unknown())).default([]);
/** Some trackers have the totals under `stats`, some at the top, some at both. */
const dashboardSchema = z.preprocess(
	(answer) =>
		typeof answer === 'object' && answer !== null && 'stats' in answer
			? { ...answer, ...(answer.stats as object) }
			: answer,
	z.object({
		totalPixels: z.int().nonnegative(),
		openedPixels: z.int().nonnegative(),
		openRate: z.number().nonnegative(),
		avgViewTime: z.number().nonnegative(),
		totalViewTime: z.number().nonnegative(),
		recentPixels: listSchema,
		recentActivity: listSchema,
	}),
);

export interface HostedPixel {
	id: string;
	/** The snippet as the tracker wrote it */
	embedCode: string;
	/** The address of the image, for `embedPixel` */
	trackingUrl: string;
}

/** `totalViewTime` is in milliseconds, times are ISO 8601. */
export type HostedPixelStatus = z.infer<typeof checkedSchema>;

/** `openRate` is a percentage from 0 to 100, view times are in milliseconds. */
export type HostedDashboard = z.infer<typeof dashboardSchema>;

export interface HostedTracker {
	createPixel(): Promise<HostedPixel>;
	checkPixel(id: string): Promise<HostedPixelStatus>;
	getDashboard(): Promise<HostedDashboard>;
}

/** What is asked of a hosted tracker. The signal ends the request, and the reading of its answer. */
export interface HostedRequest {
	method: 'GET' | 'HEAD' | 'POST';
	headers?: Record<string, string>;
	body?: string;
	signal: AbortSignal;
}

/** What came back: a `Response`, or the part of one that is read here. */
export interface HostedResponse {
	status: number;
	headers: { get(name: string): string | null };
	body: AsyncIterable<Uint8Array> | null;
}

export interface HostedTrackerOptions {
	/** Where `/api/pixel/create` and `/api/pixel/check` are found */
	baseUrl: string;
	/** Sends one request, and follows no redirect */
	send?: (url: string, request: HostedRequest) => Promise<HostedResponse>;
	/** How long one attempt may take, in milliseconds */
	timeoutMs?: number;
	/** How often a failed attempt is repeated */
	retries?: number;
	/** Waits that many milliseconds */
	sleep?: (ms: number) => Promise<void>;
}

/**
 * A client of the Pixel Tracking API (`GET /api/pixel/create`, `POST /api/pixel/check`,
 * `GET /api/dashboard`). An answer of more than 1 MB is not read to its end.
 *
 * Attempts that failed for want of an answer, with 429 or with 5xx are repeated after a random,
 * growing pause of at most 30 s, or the pause that `Retry-After` asks for. Redirects are not
 * followed: they would turn the POST into a GET.
 *
 * @throws when an option is not usable; the calls reject with `HostedTrackerError` alone
 * @example
 * const pixel = await createHostedTracker({ baseUrl }).createPixel();
 */
export function createHostedTracker({
	baseUrl,
	send = async (url, request) => await fetch(url, { ...request, redirect: 'manual' }),
	timeoutMs = 10_000,
	retries = 3,
	sleep = pause,
}: HostedTrackerOptions): HostedTracker {
	if (!Number.isInteger(retries) || retries < 0) {
		throw new Error('The number of retries is not a whole number from 0. Correct it.');
	}
	if (!(timeoutMs > 0)) {
		throw new Error('The timeout is not a positive number of milliseconds. Correct it.');
	}
	const base = addressText(parseServerAddress(baseUrl, 'The base URL of the hosted tracker'));

	const attempt = async (path: string, asked: Asked): Promise<Answer> => {
		const signal = AbortSignal.timeout(timeoutMs);
		try {
			const response = await send(`${base}${path}`, { ...asked, signal });
			return { response, body: await readText(response) };
		} catch (cause) {
			const why = signal.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached';
			throw new HostedTrackerError(
				'unreachable',
				`The hosted tracker ${why}. Check its base URL and whether it is up.`,
				null,
				{ cause },
			);
		}
	};

	const request = async (path: string, asked: Asked): Promise<Answer> => {
		for (let tried = 0; ; tried += 1) {
			let failed: HostedTrackerError;
			let delay = pauseAfter(tried + 1, BACKOFF, Math.random());
			try {
				const answer = await attempt(path, asked);
				const { status, headers } = answer.response;
				if (status !== 429 && status < 500) return answer;
				failed = busyError(status);
				delay = retryAfterMs(headers.get('retry-after'), Date.now()) ?? delay;
			} catch (error) {
				if (!(error instanceof HostedTrackerError)) throw error;
				failed = error;
			}
			if (tried >= retries || delay > BACKOFF.longestMs) throw failed;
			await sleep(delay);
		}
	};

	return {
		async createPixel() {
			const answer = await request('/api/pixel/create', { method: 'GET' });
			const created = readAnswer(createdSchema, answer, (status) => status < 300);
			const trackingUrl = created.trackingUrl ?? imageAddress(created.embedCode);
			if (trackingUrl === null) throw invalidAnswer(answer);
			return { id: created.id, embedCode: created.embedCode, trackingUrl };
		},
		async checkPixel(id) {
			const answer = await request('/api/pixel/check', {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ id }),
			});
			// Trackers in use answer an unknown id with 404 and the very body of the contract.
			const mayBeNotFound = answer.response.status === 404;
			return mayBeNotFound
				? readAnswer(notFoundSchema, answer, () => true)
				: readAnswer(checkedSchema, answer, (status) => status < 300);
		},
		async getDashboard() {
			const answer = await request('/api/dashboard', { method: 'GET' });
			return readAnswer(dashboardSchema, answer, (status) => status < 300);
		},
	};
}

type Asked = Omit<HostedRequest, 'signal'>;

interface Answer {
	response: HostedResponse;
	/** `null` when there was more than is read */
	body: string | null;
}

/** The body of an answer as text; `null` for one that is too long, of which the rest is not read. */
async function readText({ body }: HostedResponse): Promise<string | null> {
	if (body === null) return '';
	const parts: Uint8Array[] = [];
	let size = 0;
	// Leaving the loop cancels the rest.
	for await (const part of body) {
		size += part.length;
		if (size > MAX_ANSWER_BYTES) return null;
		parts.push(part);
	}
	return Buffer.concat(parts).toString('utf8');
}

function readAnswer<T>(
	schema: z.ZodType<T>,
	answer: Answer,
	isGood: (status: number) => boolean,
): T {
	const { status } = answer.response;
	if (status >= 300 && status < 400) {
		throw new HostedTrackerError(
			'refused',
			`The hosted tracker redirects to another address (status ${status}). Use that address as its base URL.`,
			status,
		);
	}
	if (!isGood(status)) {
		throw new HostedTrackerError(
			'refused',
			`The hosted tracker refused the request (status ${status}). Check its base URL and access rules.`,
			status,
		);
	}
	if (answer.body === null) {
		throw new HostedTrackerError(
			'invalid-answer',
			`The hosted tracker's answer is larger than 1 MB (status ${status}). Check its base URL.`,
			status,
		);
	}
	const parsed = schema.safeParse(parseJson(answer.body));
	if (!parsed.success) throw invalidAnswer(answer);
	return parsed.data;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function invalidAnswer({ response: { status } }: Answer): HostedTrackerError {
	return new HostedTrackerError(
		'invalid-answer',
		`The hosted tracker's answer (status ${status}) is not that of the Pixel Tracking API. Check its base URL.`,
		status,
	);
}

function busyError(status: number): HostedTrackerError {
	return status === 429
		? new HostedTrackerError(
				'rate-limited',
				'The hosted tracker takes no more requests for now (status 429). Send more slowly or try again later.',
				status,
			)
		: new HostedTrackerError(
				'server-error',
				`The hosted tracker failed (status ${status}). Try again later.`,
				status,
			);
}

/** The address in the first image of a snippet, or `null` if there is none that can be loaded. */
function imageAddress(embedCode: string): string | null {
	let address: string | null = null;
	const parser = new Parser({
		onopentag(name, attributes) {
			if (name === 'img') address ??= attributes.src ?? null;
		},
	});
	parser.end(embedCode);
	const parsed = httpUrl.safeParse(address);
	return parsed.success ? parsed.data : null;
}
