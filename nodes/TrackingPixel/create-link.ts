import { randomBytes } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { v4 as uuidv4 } from 'uuid';

import { HostedTrackerError } from '../../src/api/hosted-tracker';
import type { Purpose } from '../../src/tracking/event/purpose';
import type { TrackingMode } from '../../src/tracking/event/tracking-mode';
import { TOKEN_IV_BYTES } from '../../src/tracking/links/sealed-token';
import { PIXEL_PATH, signTrackingLink } from '../../src/tracking/links/tracking-link';
import { embedCode } from '../../src/tracking/mail/embed-code';
import { MOST_AT_ONCE, toNodeError } from '../shared/each-item';
import { readText, textOf } from '../shared/fields/check-fields';
import { segmentsIn } from '../shared/fields/segments';
import { instanceBaseUrl } from '../shared/installation/base-url';
import { openHostedTracker } from '../shared/installation/hosted-tracker';
import { signingOf } from '../shared/installation/signing';
import { openTrackingStore } from '../shared/installation/store';
import {
	assertAllowed,
	assertNamed,
	createLinkLookups,
	type LinkLookups,
	objectionTo,
} from './may-track';
import type { PixelOperation } from './pixel-operation';

/** What an email is tracked by; nulls when it goes out untracked, and why it does. */
interface Tracking {
	url: string | null;
	embedCode: string | null;
	pixelId: string | null;
	token: string | null;
	untracked: string | null;
}

interface LinkOptions {
	messageId?: string;
	pixelId?: string;
	path?: string;
	preview?: boolean;
	purpose?: Purpose;
	segments?: unknown;
	trackingMode?: TrackingMode;
}

/** Adds the tracking link of one email to one recipient to the item. */
export const createLink: PixelOperation = (context) => {
	const hostedLink = hostedLinks(context);
	const lookups = createLinkLookups(() => openTrackingStore(context));
	const isHosted = (index: number) => context.getNodeParameter('trackedBy', index) === 'hosted';
	const run = async (item: INodeExecutionData, index: number): Promise<INodeExecutionData> => {
		const field = context.getNodeParameter('linkField', index) as string;
		const tracking = isHosted(index)
			? await hostedLink(index)
			: await signedLink(context, lookups, index);
		return { ...item, json: { ...item.json, [field]: tracking } };
	};
	// A hosted tracker makes a pixel for each link, and is asked for one after the other.
	const anyHosted = context.getInputData().some((_item, index) => isHosted(index));
	return { run, atOnce: anyHosted ? 1 : MOST_AT_ONCE };
};

async function signedLink(
	context: IExecuteFunctions,
	lookups: LinkLookups,
	index: number,
): Promise<Tracking> {
	const options = context.getNodeParameter('linkOptions', index, {}) as LinkOptions;
	if (options.trackingMode === 'off') return untracked('The tracking mode is Off');
	const { keyRing, baseUrl } = await signingOf(context);
	const path = options.path || PIXEL_PATH;
	const purpose = options.purpose ?? null;
	const givenPixelId = textOf(options.pixelId);
	// An aggregate link is the same kind of link for everybody: it must not tell recipients apart.
	const countsOnly = options.trackingMode === 'aggregate';
	const recipientId = countsOnly ? null : readText(context, 'recipientId', index);
	const objection = await objectionTo(lookups, { recipientId, purpose, keyRing });
	if (objection !== null) return untracked(objection);
	if (options.trackingMode) {
		await assertAllowed(lookups, {
			requested: options.trackingMode,
			path,
			pixelId: givenPixelId || null,
		});
	}
	const segments = segmentsIn(options.segments);
	if (segments.length > 0) {
		const requested = options.trackingMode ?? null;
		await assertNamed(lookups, { requested, path, pixelId: givenPixelId || null });
		if (recipientId !== null) await lookups.label({ recipientId, segments, keyRing });
	}
	const pixelId = givenPixelId || (countsOnly ? null : uuidv4());
	const { url, token } = signTrackingLink({
		baseUrl: baseUrl || instanceBaseUrl(context),
		path,
		keyRing,
		iv: randomBytes(TOKEN_IV_BYTES),
		claims: {
			recipientId,
			pixelId,
			campaignId: readText(context, 'campaignId', index) || null,
			messageId: countsOnly ? null : textOf(options.messageId) || null,
			trackingMode: options.trackingMode ?? null,
			purpose,
			issuedAt: new Date(),
			preview: options.preview ?? false,
		},
	});
	return { url, embedCode: embedCode(url), pixelId, token, untracked: null };
}

/**
 * A tracker that is away must not hold up an email: the email goes out without a pixel, and says so.
 * Once it could not be reached it is not asked again in this run, so that a campaign does not
 * wait for the same timeout with each email.
 */
function hostedLinks(context: IExecuteFunctions): (index: number) => Promise<Tracking> {
	let unreachable: string | undefined;
	return async (index) => {
		if (unreachable) return untracked(unreachable);
		try {
			const tracker = await openHostedTracker(context, index);
			const pixel = await tracker.createPixel();
			return {
				url: pixel.trackingUrl,
				// Not the tracker's own snippet, which is HTML from outside.
				embedCode: embedCode(pixel.trackingUrl),
				pixelId: pixel.id,
				token: null,
				untracked: null,
			};
		} catch (error) {
			if (!(error instanceof HostedTrackerError)) throw toNodeError(context, error, index);
			if (error.failure === 'unreachable') unreachable = error.message;
			return untracked(error.message);
		}
	};
}

function untracked(reason: string): Tracking {
	return { url: null, embedCode: null, pixelId: null, token: null, untracked: reason };
}
