import type { KeyObject } from 'node:crypto';

import { keyedHash } from './keyed-hash';

/**
 * A stand-in for a recipient inside one campaign: HMAC-SHA-256 over campaign and recipient, so
 * the same person has unrelated pseudonyms in two campaigns and nobody without the key can test
 * a guess (GDPR Art. 4(5): the key is the additional information, keep it apart from the opens).
 *
 * @param scope the campaign id; opens of different scopes never link
 * @param key at least 16 bytes, used for nothing else
 * @returns `p_` and 32 hex digits (128 bits)
 */
export function recipientPseudonym(
	recipientId: string,
	scope: string,
	key: Buffer | KeyObject,
): string {
	// The length in front keeps ("ab","c") and ("a","bc") apart.
	const text = `recipient\0${scope.length}\0${scope}\0${recipientId}`;
	return `p_${keyedHash(text, key, 'pseudonym').slice(0, 32)}`;
}

/** Whether a recipient id is a pseudonym and not what the sender calls the person. */
export function isPseudonym(recipientId: string): boolean {
	return /^p_[0-9a-f]{32}$/.test(recipientId);
}
