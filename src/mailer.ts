import { randomBytes, randomUUID } from 'node:crypto';

import type { Purpose } from './tracking/event/purpose';
import type { TrackingMode } from './tracking/event/tracking-mode';
import { generateKey as generateKeyFrom, parseKeyRing } from './tracking/links/key-ring';
import { TOKEN_IV_BYTES, tokenFromText } from './tracking/links/sealed-token';
import { verifyToken, type TokenVerdict } from './tracking/links/token';
import { personLink, PRIVACY_PATH } from './tracking/links/person-link';
import { PIXEL_PATH, normaliseBaseUrl, signTrackingLink } from './tracking/links/tracking-link';
import { LINK_PATH, signTrackedLink } from './tracking/links/tracked-link';
import { embedPixel, type EmbedResult, type PixelPosition } from './tracking/mail/embed';
import { trackLinks, type TrackLinksResult } from './tracking/mail/track-links';
import { embedCode } from './tracking/mail/embed-code';
import { unsubscribeHeaders, type UnsubscribeHeaders } from './tracking/mail/unsubscribe-headers';

/*
 * What `require('n8n-nodes-email-open-tracking')` gives to mailers outside n8n: the same functions
 * that the Tracking Pixel node calls.
 */
export { embedCode } from './tracking/mail/embed-code';
export { embedPixel, type EmbedResult, type PixelPosition } from './tracking/mail/embed';
export { type TrackLinksResult } from './tracking/mail/track-links';
export { type UnsubscribeHeaders } from './tracking/mail/unsubscribe-headers';
export { parseKeyRing, type KeyRing } from './tracking/links/key-ring';
export type { Purpose } from './tracking/event/purpose';
export {
	signToken,
	verifyToken,
	type TokenRefusal,
	type TokenVerdict,
} from './tracking/links/token';
export type { TokenClaims } from './tracking/links/token-claims';
export {
	PIXEL_PATH,
	normaliseBaseUrl,
	signTrackingLink,
	trackingLink,
} from './tracking/links/tracking-link';
export type { TrackingMode } from './tracking/event/tracking-mode';

/** A new signing key, `id:secret`, for the tracker and for n8n's credential alike. */
export function generateKey(): string {
	return generateKeyFrom(randomBytes);
}

export interface TrackerOptions {
	/** The base URL of n8n's webhooks, for example `https://n8n.example.com/webhook` */
	baseUrl: string;
	/** The active signing key, the same as in n8n */
	key: string;
	/** Keys used before, for `verify` */
	previousKeys?: string;
	/** Where the trigger listens below the base URL; its default if left out */
	path?: string;
	/** The same for tracked links */
	linkPath?: string;
	/** The same for the consent pages */
	privacyPath?: string;
}

/** What a link is for. Everything may be left out. */
export interface LinkSubject {
	/** The addressee, by an id of yours; unreadable to others in the link */
	recipientId?: string | null;
	campaignId?: string | null;
	messageId?: string | null;
	/** A new UUID if left out, so that every link is a pixel of its own; none in mode `aggregate` */
	pixelId?: string;
	/** The most an open may leave behind; n8n's own setting if left out */
	trackingMode?: TrackingMode | null;
	/** What the open may be used for; n8n's own setting if left out */
	purpose?: Purpose | null;
	/** A look at the email by its sender: loads are kept but not counted */
	preview?: boolean;
}

export interface TrackedLink {
	url: string;
	embedCode: string;
	/** `null` in mode `aggregate`, unless the subject named one */
	pixelId: string | null;
}

export type TrackedMail = Omit<EmbedResult, 'reason'> & {
	reason: EmbedResult['reason'] | 'tracking-off';
	/** The link that was put in, or `null` when none was */
	link: TrackedLink | null;
};

export interface Tracker {
	/** @throws when an id is too long or unusable, or the mode allows no such link */
	link(subject: LinkSubject): TrackedLink;
	/**
	 * The email with a pixel of its own. With mode `off`, plain text, or an email that has a pixel, it
	 * comes back unchanged and `reason` says why.
	 */
	embed(html: string, subject: LinkSubject & { position?: PixelPosition }): TrackedMail;
	/**
	 * The email with a tracked link in place of each web link. Give the `pixelId` that `embed` gave
	 * out, so that opens and clicks are counted together. Ask the person first: a purpose of its own,
	 * `clicks`. With mode `off` the email comes back unchanged.
	 *
	 * @throws when an id is too long or unusable, or the mode allows no such link
	 */
	trackLinks(
		html: string,
		subject: Omit<LinkSubject, 'purpose'> & { listUnsubscribe?: string },
	): TrackLinksResult;
	/**
	 * The values of `List-Unsubscribe` and `List-Unsubscribe-Post`, for everybody, tracked or not. What
	 * is posted there ends tracking; the emails end by your own step in the workflow of the pages.
	 *
	 * @throws when the id is empty or too long
	 */
	unsubscribe(recipientId: string): UnsubscribeHeaders;
	/** @param text the token, or the whole link */
	verify(text: string, options?: { maxAgeDays?: number }): TokenVerdict;
}

/**
 * Signed tracking links for a mailer of your own, counted by the n8n that holds the same key.
 *
 * @throws when the base URL or a key is not usable
 * @example
 * const tracker = createTracker({ baseUrl: 'https://n8n.example.com/webhook', key });
 * const { html } = tracker.embed('<p>Hello</p>', { recipientId: 'customer-42' });
 */
export function createTracker({
	baseUrl,
	key,
	previousKeys,
	path = PIXEL_PATH,
	linkPath = LINK_PATH,
	privacyPath = PRIVACY_PATH,
}: TrackerOptions): Tracker {
	const keyRing = parseKeyRing({ activeKey: key, previousKeys });
	const base = normaliseBaseUrl(baseUrl);

	const claimsOf = (subject: LinkSubject) => ({
		pixelId: subject.pixelId ?? null,
		recipientId: subject.recipientId ?? null,
		campaignId: subject.campaignId ?? null,
		messageId: subject.messageId ?? null,
		trackingMode: subject.trackingMode ?? null,
		purpose: subject.purpose ?? null,
		issuedAt: new Date(),
		preview: subject.preview ?? false,
	});
	const link = (subject: LinkSubject): TrackedLink => {
		const ownPixel = subject.trackingMode === 'aggregate' ? null : randomUUID();
		const pixelId = subject.pixelId ?? ownPixel;
		const { url } = signTrackingLink({
			baseUrl: base,
			path,
			keyRing,
			iv: randomBytes(TOKEN_IV_BYTES),
			claims: { ...claimsOf(subject), pixelId },
		});
		return { url, embedCode: embedCode(url), pixelId };
	};

	return {
		link,
		embed(html, { position, ...subject }) {
			if (subject.trackingMode === 'off') {
				const untouched = { html, embedded: false, beyondGmailClipping: false };
				return { ...untouched, reason: 'tracking-off', link: null };
			}
			const tracked = link(subject);
			const result = embedPixel(html, tracked.url, { position });
			return { ...result, link: result.embedded ? tracked : null };
		},
		trackLinks(html, { listUnsubscribe, ...subject }) {
			if (subject.trackingMode === 'off') return { html, tracked: 0, left: [] };
			const claims = { ...claimsOf(subject), purpose: 'clicks' as const };
			return trackLinks(
				html,
				(target) =>
					signTrackedLink({
						baseUrl: base,
						path: linkPath,
						keyRing,
						iv: randomBytes(TOKEN_IV_BYTES),
						claims: { ...claims, link: target },
					}),
				{ listUnsubscribe },
			);
		},
		unsubscribe: (recipientId) =>
			unsubscribeHeaders(
				personLink({
					baseUrl: base,
					path: privacyPath,
					keyRing,
					iv: randomBytes(TOKEN_IV_BYTES),
					link: { recipientId, scope: 'unsubscribe', issuedAt: new Date() },
				}),
			),
		verify: (text, options = {}) =>
			verifyToken(tokenFromText('pixel', text) ?? text, keyRing, { now: new Date(), ...options }),
	};
}
