import { hasControlCharacters } from '../event/control-characters';
import type { RecipientReason } from '../event/open-event';
import type { Purpose } from '../event/purpose';
import type { TrackingMode } from '../event/tracking-mode';
import type { LinkClaims } from '../links/token-claims';
import { normalId } from '../people/normal-id';
import type { PixelRequest, ReceiveDeps, ReceiveSettings } from './receive-types';

const MAX_ID_LENGTH = 256;

/** What the link says, believed only as far as it is signed or plain ids are allowed. */
export interface ReceivedLink {
	recipientId: string | null;
	recipientReason: RecipientReason | null;
	pixelId: string | null;
	campaignId: string | null;
	messageId: string | null;
	/** The mode the link was made for */
	mode: TrackingMode;
	purpose: Purpose | null;
	issuedAt: Date | null;
	preview: boolean;
}

/**
 * Reads what a link says. A token counts before everything else; one that does not hold leaves an
 * anonymous link of mode `aggregate`, which is counted as a forged link and not as an open. Plain
 * ids are read only where the settings allow them; elsewhere a link without a token is forged too,
 * or anybody could raise the numbers.
 *
 * @returns ids over 256 characters or with control characters become `null`
 * @throws what `verifyToken` throws
 */
export async function readLink(
	query: PixelRequest['query'],
	settings: Pick<ReceiveSettings, 'mode' | 'purpose' | 'plainIds'>,
	deps: Pick<ReceiveDeps, 'verifyToken'>,
): Promise<ReceivedLink> {
	const anonymous: ReceivedLink = {
		recipientId: null,
		recipientReason: 'missing',
		pixelId: null,
		campaignId: null,
		messageId: null,
		mode: settings.mode,
		purpose: settings.purpose,
		issuedAt: null,
		preview: false,
	};

	const forged: ReceivedLink = {
		...anonymous,
		recipientReason: 'invalid-token',
		mode: 'aggregate',
	};
	// A token that does not hold is never replaced by plain ids: that would reward forging.
	if (query.t) {
		const token = await deps.verifyToken(query.t);
		if (!token.ok) return forged;
		return linkOfClaims(token.claims, settings);
	}
	if (!settings.plainIds.allowed) return forged;
	return {
		...anonymous,
		...readRecipient(query[settings.plainIds.recipientParameter]),
		pixelId: readId(query.pixelId),
		campaignId: readId(query.campaignId),
		messageId: readId(query.messageId),
	};
}

/** A link whose token was verified. */
export function linkOfClaims(
	claims: LinkClaims,
	settings: Pick<ReceiveSettings, 'mode' | 'purpose'>,
): ReceivedLink {
	return {
		...readRecipient(claims.recipientId),
		pixelId: claims.pixelId,
		campaignId: claims.campaignId,
		messageId: claims.messageId,
		mode: claims.trackingMode ?? settings.mode,
		purpose: claims.purpose ?? settings.purpose,
		issuedAt: claims.issuedAt,
		preview: claims.preview ?? false,
	};
}

function readRecipient(
	text: string | null | undefined,
): Pick<ReceivedLink, 'recipientId' | 'recipientReason'> {
	const id = text ? normalId(text) : text;
	const reason = whyNotAnId(id);
	return reason === null
		? { recipientId: id ?? null, recipientReason: null }
		: { recipientId: null, recipientReason: reason };
}

function readId(text: string | undefined): string | null {
	return whyNotAnId(text) === null ? (text ?? null) : null;
}

/** Why a text cannot be an id; `null` when it can. */
export function whyNotAnId(text: string | null | undefined): RecipientReason | null {
	if (text === null || text === undefined || text === '') return 'missing';
	if (text.length > MAX_ID_LENGTH) return 'too-long';
	return hasControlCharacters(text) ? 'control-characters' : null;
}
