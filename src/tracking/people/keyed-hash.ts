import { createHmac, type KeyObject } from 'node:crypto';

const MIN_KEY_BYTES = 16;

/**
 * HMAC-SHA-256 (RFC 2104) of a text, as 64 hex digits.
 *
 * @param key at least 16 bytes; node:crypto works several times faster with a `KeyObject`
 * @param name what the key is called in the error for one that is too short
 */
export function keyedHash(text: string, key: Buffer | KeyObject, name: string): string {
	const bytes = Buffer.isBuffer(key) ? key.length : (key.symmetricKeySize ?? 0);
	if (bytes < MIN_KEY_BYTES) {
		throw new Error(`The ${name} key is too short. Pass at least ${MIN_KEY_BYTES} bytes.`);
	}
	return createHmac('sha256', key).update(text).digest('hex');
}
