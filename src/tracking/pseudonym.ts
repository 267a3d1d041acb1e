import { createHmac } from 'node:crypto';

const MIN_KEY_BYTES = 16;

/**
 * A stand-in for a recipient inside one campaign: HMAC-SHA-256 over campaign and recipient, so
 * the same person has unrelated pseudonyms in two campaigns and nobody without the key can test
 * a guess (GDPR Art. 4(5): the key is the additional information, keep it apart from the opens).
 *
 * @param scope the campaign id; opens of different scopes never link
 * @param key at least 16 bytes, used for nothing else
 * @returns `p_` and 32 hex digits (128 bits)
 */
export function recipientPseudonym(recipientId: string, scope: string, key: Buffer): string {
	if (key.length < MIN_KEY_BYTES) {
		throw new Error(`The pseudonym key is too short. Pass at least ${MIN_KEY_BYTES} bytes.`);
	}
	// The length in front keeps ("ab","c") and ("a","bc") apart.
	const message = `recipient\0${scope.length}\0${scope}\0${recipientId}`;
	return `p_${createHmac('sha256', key).update(message).digest('hex').slice(0, 32)}`;
}
