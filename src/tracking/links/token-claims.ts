import { hasControlCharacters } from '../event/control-characters';
import { PURPOSES, type Purpose } from '../event/purpose';
import { TRACKING_MODES, type TrackingMode } from '../event/tracking-mode';

/** What a signed tracking link says. */
export interface LinkClaims {
	recipientId: string | null;
	pixelId: string | null;
	campaignId: string | null;
	messageId: string | null;
	/** `null` leaves it to the operator */
	trackingMode: TrackingMode | null;
	purpose: Purpose | null;
	/** When the link was made, which is about when the email was sent */
	issuedAt: Date | null;
	/** Whether the link was made for the sender to look at the email */
	preview?: boolean;
}

/** What a signed tracking link says. */
export interface TokenClaims extends LinkClaims {
	/** When the link was made; kept to the second */
	issuedAt: Date;
	/** The sender's own look at the email: its loads are kept but not counted */
	preview: boolean;
}

export const ID_FIELDS = ['pixelId', 'campaignId', 'messageId', 'recipientId'] as const;
export type IdField = (typeof ID_FIELDS)[number];

/** Fixed for ever: a mode that joins the list in the middle must not change what old links say. */
const MODE_CODES: Record<TrackingMode, number> = {
	off: 1,
	aggregate: 2,
	hygiene: 3,
	pseudonymous: 4,
	identified: 5,
	full: 6,
};
const NOT_SAID = 0;
const PREVIEW_FLAG = 1;

const ID_KINDS = { absent: 0, uuid: 1, text: 2 } as const;
const ID_KIND_BITS = 2;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;
const MAX_TEXT_BYTES = 255;

const HEAD_BYTES = 7;
const MAX_SECONDS = 0xffff_ffff;

/**
 * Packs claims: mode and purpose (1 byte), flags (1), kinds of the four ids (1), seconds since 1970
 * (4, until the year 2106), then the ids: a UUID as 16 bytes, other text as its length and UTF-8.
 *
 * @throws when an id is empty, holds control characters or broken text, when the mode or purpose
 *   is unknown, or the date cannot be stored
 */
export function packClaims(claims: TokenClaims): Buffer {
	const head = Buffer.alloc(HEAD_BYTES);
	head[0] = modeCode(claims.trackingMode) | (purposeCode(claims.purpose) << 4);
	head[1] = claims.preview ? PREVIEW_FLAG : 0;
	head.writeUInt32BE(seconds(claims.issuedAt), 3);
	const parts: Buffer[] = [head];
	ID_FIELDS.forEach((field, index) => {
		const { kind, bytes } = packId(claims[field], field);
		head[2] |= kind << (index * ID_KIND_BITS);
		parts.push(bytes);
	});
	return Buffer.concat(parts);
}

/** How many bytes an id takes in a token. */
export function packedIdBytes(id: string | null): number {
	return id === null ? 0 : packId(id, 'pixelId').bytes.length;
}

/** Claims from their packed form, or `null` where the bytes say nothing this version knows. */
export function unpackClaims(bytes: Buffer): TokenClaims | null {
	if (bytes.length < HEAD_BYTES) return null;
	const mode = unpackMode(bytes[0] & 0x0f);
	const purpose = unpackPurpose(bytes[0] >> 4);
	if (mode === undefined || purpose === undefined || bytes[1] > PREVIEW_FLAG) return null;

	const ids: Record<IdField, string | null> = {
		pixelId: null,
		campaignId: null,
		messageId: null,
		recipientId: null,
	};
	let at = HEAD_BYTES;
	for (const [index, field] of ID_FIELDS.entries()) {
		const kind = (bytes[2] >> (index * ID_KIND_BITS)) & 0b11;
		if (kind === ID_KINDS.absent) continue;
		if (kind !== ID_KINDS.uuid && kind !== ID_KINDS.text) return null;
		const length = kind === ID_KINDS.uuid ? UUID_BYTES : bytes[at++];
		// Past the end `bytes[at]` is undefined, and no comparison with it holds.
		if (!(at + length <= bytes.length)) return null;
		const packed = bytes.subarray(at, at + length);
		ids[field] = kind === ID_KINDS.uuid ? unpackUuid(packed) : packed.toString('utf8');
		at += length;
	}
	if (at !== bytes.length) return null;
	return {
		...ids,
		trackingMode: mode,
		purpose,
		issuedAt: new Date(bytes.readUInt32BE(3) * 1000),
		preview: bytes[1] === PREVIEW_FLAG,
	};
}

function modeCode(mode: TrackingMode | null): number {
	if (mode === null) return NOT_SAID;
	if (!TRACKING_MODES.includes(mode)) {
		throw new Error(
			`The tracking mode is unknown. Use one of ${TRACKING_MODES.join(', ')}, or null.`,
		);
	}
	return MODE_CODES[mode];
}

function unpackMode(code: number): TrackingMode | null | undefined {
	if (code === NOT_SAID) return null;
	return TRACKING_MODES.find((mode) => MODE_CODES[mode] === code);
}

function purposeCode(purpose: Purpose | null): number {
	if (purpose === null) return NOT_SAID;
	const position = PURPOSES.indexOf(purpose);
	if (position === -1) {
		throw new Error(`The purpose is unknown. Use one of ${PURPOSES.join(', ')}, or null.`);
	}
	return position + 1;
}

function unpackPurpose(code: number): Purpose | null | undefined {
	return code === NOT_SAID ? null : PURPOSES[code - 1];
}

function seconds(date: Date): number {
	const value = Math.floor(date.getTime() / 1000);
	if (!(value >= 0 && value <= MAX_SECONDS)) {
		throw new Error('The issue time is not a date between 1970 and 2106. Pass the current time.');
	}
	return value;
}

function packId(id: string | null, field: IdField): { kind: number; bytes: Buffer } {
	if (id === null) return { kind: ID_KINDS.absent, bytes: Buffer.alloc(0) };
	if (typeof id !== 'string') throw new Error(`${field} is not text. Pass a string or null.`);
	if (id === '') throw new Error(`${field} is empty. Pass an id, or null if there is none.`);
	if (UUID.test(id)) {
		return { kind: ID_KINDS.uuid, bytes: Buffer.from(id.replaceAll('-', ''), 'hex') };
	}
	const text = Buffer.from(id, 'utf8');
	if (hasControlCharacters(id) || text.toString('utf8') !== id) {
		throw new Error(`${field} holds control characters or broken text. Pass printable text.`);
	}
	if (text.length > MAX_TEXT_BYTES) {
		throw new Error(
			`${field} is too long for a tracking link: ${text.length} bytes. Pass a shorter id.`,
		);
	}
	return { kind: ID_KINDS.text, bytes: Buffer.concat([Buffer.from([text.length]), text]) };
}

function unpackUuid(bytes: Buffer): string {
	const hex = bytes.toString('hex');
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		hex.slice(12, 16),
		hex.slice(16, 20),
		hex.slice(20),
	].join('-');
}
