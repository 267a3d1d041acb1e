import type { KeyObject } from 'node:crypto';

import { z } from 'zod/v4';

import { keyedHash } from './keyed-hash';

/**
 * What is left of an erased person: a keyed hash that lets an old pixel be recognized and stay
 * silent, and tells nothing to anybody without the key. The key is used for this alone and has
 * to live as long as the list.
 *
 * @param key at least 16 bytes
 * @returns `d_` and 64 hex digits
 */
export function denylistKey(recipientId: string, key: Buffer | KeyObject): string {
	return `d_${keyedHash(`denylist\0${recipientId}`, key, 'denylist')}`;
}

/** What a person can ask for on the consent page (GDPR Art. 15 and 17). */
export const PRIVACY_REQUEST_KINDS = ['copy', 'erasure'] as const;
export type PrivacyRequestKind = (typeof PRIVACY_REQUEST_KINDS)[number];

const count = z.number().int().min(0);

/**
 * What a person gets, and the sender keeps, as proof of an erasure (GDPR Art. 17, 19 and 5(2)).
 * Names the person by the denylist key only, so that the proof is not a new record about them.
 */
export const erasureReceiptSchema = z.object({
	receiptId: z.uuid({ version: 'v7' }).describe('UUIDv7 of this receipt'),
	schema: z.literal('erasure-receipt/1'),
	denylistKey: z
		.string()
		.regex(/^d_[0-9a-f]{64}$/)
		.describe('Keyed hash that keeps old pixels of this person silent'),
	requestedAt: z.iso.datetime().describe('When the person asked'),
	completedAt: z.iso.datetime().describe('When the store was clean'),
	found: z.boolean().describe('Whether anything about the person was found'),
	remark: z.string().nullable().describe('What to check when nothing was found'),
	erased: z
		.array(z.object({ dataClass: z.string().min(1), records: count }))
		.describe('How much was erased, per data class'),
	kept: z
		.array(z.object({ dataClass: z.string().min(1), records: count, because: z.string().min(1) }))
		.describe('What must stay and why, for example proof of consent (GDPR Art. 17(3)(e))'),
	events: z
		.array(z.string())
		.describe(
			'IDs of the erased opens, to delete copies by in tables and destinations; they name nobody',
		),
	passedOnTo: z
		.array(
			z.object({
				sink: z.string().min(1),
				state: z.enum(['erased', 'told', 'to-be-told']),
				at: z.iso.datetime().nullable(),
			}),
		)
		.describe('Destinations that had received opens of this person, and whether they know'),
});
export type ErasureReceipt = z.infer<typeof erasureReceiptSchema>;

/**
 * What to say where nothing was found about a person, so that nobody takes a slip of the pen for
 * the end of the matter. Does not show the id.
 *
 * @param erasedBefore whether the id was on the list of erased people already
 */
export function nothingFound(
	recipientId: string,
	{ erasedBefore }: { erasedBefore: boolean },
): string {
	if (erasedBefore) return 'Nothing was found: this recipient ID was erased before.';
	if (recipientId.includes('@')) {
		return 'Nothing was found under this address, nor under an ID that was registered with it. People whose address was never registered are known by their ID alone: ask for the one that their tracking links carry.';
	}
	return 'Nothing was found under this recipient ID. Check the ID: it has to be the one that the tracking links of the person carry, letter by letter.';
}

/**
 * Everything held about one person, for the person (GDPR Art. 15 and 20): the data and, next to
 * it, the facts Art. 15(1) asks for.
 */
export const subjectExportSchema = z.object({
	schema: z.literal('subject-export/1'),
	generatedAt: z.iso.datetime(),
	subject: z.object({ recipientId: z.string().min(1) }),
	found: z.boolean().describe('Whether anything about the person was found'),
	remark: z.string().nullable().describe('What to check when nothing was found'),
	controller: z.object({ name: z.string().min(1), contact: z.string().min(1) }),
	purposes: z.array(z.string()).describe('What the data is used for'),
	sinks: z
		.array(z.object({ name: z.string().min(1), fields: z.array(z.string()) }))
		.describe('Who received which fields'),
	retention: z
		.array(z.object({ dataClass: z.string().min(1), kept: z.string().min(1) }))
		.describe('How long each class of data is kept'),
	rights: z.array(z.string().min(1)).describe('What the person may ask for, and where to complain'),
	recipients: z
		.array(z.record(z.string(), z.unknown()))
		.describe('Addressee entries, with the pixels they belong to'),
	opens: z
		.array(z.record(z.string(), z.unknown()))
		.describe('Recorded opens, as stored, or on disk on their way there'),
	lastOpenDay: z.iso.date().nullable().describe('Day of the last open, where only that is kept'),
	segments: z.array(z.string()).describe('Labels that the person carries'),
	consent: z.record(z.string(), z.unknown()).describe('Consent records as JSON-LD'),
	requests: z
		.array(z.object({ kind: z.enum(PRIVACY_REQUEST_KINDS), askedAt: z.iso.datetime() }))
		.describe('What the person asked for and had not got when this was made'),
});
export type SubjectExport = z.infer<typeof subjectExportSchema>;
