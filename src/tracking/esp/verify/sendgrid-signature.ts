import { createPublicKey, type KeyObject, verify } from 'node:crypto';

import {
	GENUINE,
	NO_RAW_BODY,
	NO_SIGNATURE,
	noSecret,
	refused,
	refusedByAge,
	type Verifier,
	WRONG_SIGNATURE,
} from './verification';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';
/** SendGrid tries again for a day. A repeat holds the same events, which the store knows by their ids. */
const MOST_MS = 24 * 3_600_000;

/**
 * SendGrid Signed Event Webhook: ECDSA over time and raw body, by a key pair whose public half
 * SendGrid shows as "verification key".
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export const verifySendGrid: Verifier = ({ headers, rawBody }, { signingKeys }, { now }) => {
	if (signingKeys.length === 0) return noSecret("Signing Key to SendGrid's verification key");
	const signature = headers[SIGNATURE];
	const timestamp = headers[TIMESTAMP];
	if (!signature || !timestamp) return NO_SIGNATURE;
	if (rawBody === null) return NO_RAW_BODY;
	const keys = signingKeys.map(publicKey).filter((key) => key !== null);
	if (keys.length === 0) {
		return refused(
			'the signing key is no public key',
			'Copy the verification key that SendGrid shows beside the webhook, from the first letter to the last.',
		);
	}
	const signed = Buffer.concat([Buffer.from(timestamp), rawBody]);
	const bytes = Buffer.from(signature, 'base64');
	if (!keys.some((key) => verify('sha256', signed, key, bytes))) return WRONG_SIGNATURE;
	return refusedByAge(Number(timestamp) * 1000, now, MOST_MS) ?? GENUINE;
};

function publicKey(text: string): KeyObject | null {
	try {
		const key = createPublicKey({
			key: Buffer.from(text, 'base64'),
			format: 'der',
			type: 'spki',
		});
		return key.asymmetricKeyType === 'ec' ? key : null;
	} catch {
		// Not a key, which the caller says.
		return null;
	}
}
