import { hkdfSync } from 'node:crypto';

import { generateKey } from './key-ring';

/** Of n8n's own 32 characters. From a short text anybody with a link could find it by trying. */
const MIN_CHARACTERS = 24;
/** Part of the derivation: another text gives other keys. */
const CONTEXT = 'n8n-nodes-email-open-tracking/signing-key/1';

/**
 * The signing key that all processes of one n8n share without setting one: by HKDF-SHA-256
 * (RFC 5869) from the encryption key of the instance. It does not lead back to that.
 *
 * @returns `id:secret` as in the credential and the key file; its id differs with the encryption key
 * @throws when the encryption key is too short; never with the key in the message
 */
export function deriveSigningKey(encryptionKey: string): string {
	if (encryptionKey.length < MIN_CHARACTERS) {
		throw new Error(
			`The encryption key of n8n has fewer than ${MIN_CHARACTERS} characters, too few to derive a signing key from it. Set an active key in the credential Email Open Tracking.`,
		);
	}
	let part = 0;
	return generateKey((size) => {
		part += 1;
		return new Uint8Array(hkdfSync('sha256', encryptionKey, '', `${CONTEXT}/${part}`, size));
	});
}
