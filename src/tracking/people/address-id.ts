import { createHmac } from 'node:crypto';

import { deriveKey, type KeyRing } from '../links/key-ring';
import { normalId } from './normal-id';

/**
 * The recipient id of an address under one pixel: a UUID (version 8, RFC 9562 §5.8) that means
 * nothing to others and is the same the next time, so that a repeated request adds nobody twice.
 * Without the key nobody can test a guess, and two pixels have unrelated ids for one person.
 */
export function recipientIdOf(address: string, pixelId: string, keyRing: KeyRing): string {
	const bytes = createHmac('sha256', deriveKey(keyRing.active, 'recipient-of-address'))
		.update(JSON.stringify([pixelId, normalId(address)]))
		.digest()
		.subarray(0, 16);
	bytes[6] = (bytes[6] & 0x0f) | 0x80;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether a recipient id has that form, and so names somebody under one pixel alone. */
export function isAddressId(recipientId: string): boolean {
	return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(recipientId);
}
