import { createHmac } from 'node:crypto';

import { z } from 'zod4';

import { listOf, textOrNull } from '../services/esp-part';
import {
	GENUINE,
	NO_SIGNATURE,
	noSecret,
	refusedByAge,
	sameSecret,
	type Verifier,
	WRONG_SIGNATURE,
} from './verification';

/** Mailgun signs no body, so a signature that somebody saw must not be good for long. */
const MOST_MS = 15 * 60_000;

const signed = z.looseObject({
	signature: z.looseObject({
		timestamp: textOrNull,
		token: textOrNull,
		signature: textOrNull,
		'parent-signature': textOrNull,
	}),
});

/**
 * Mailgun: HMAC-SHA-256 over time and a random token, both in the body. Events of a subaccount are
 * signed for the main account as well.
 * https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 */
export const verifyMailgun: Verifier = ({ payload }, { signingKeys }, { now }) => {
	if (signingKeys.length === 0) {
		return noSecret("Signing Key to Mailgun's HTTP webhook signing key");
	}
	for (const part of listOf(payload)) {
		const parsed = signed.safeParse(part);
		if (!parsed.success) return NO_SIGNATURE;
		const { timestamp, token, signature, 'parent-signature': parent } = parsed.data.signature;
		if (timestamp === null || token === null || signature === null) return NO_SIGNATURE;
		const fits = signingKeys.some((key) => {
			const expected = createHmac('sha256', key).update(`${timestamp}${token}`).digest('hex');
			const given = [signature, ...(parent === null ? [] : [parent])];
			return given.some((one) => sameSecret(one.toLowerCase(), expected));
		});
		if (!fits) return WRONG_SIGNATURE;
		const tooOld = refusedByAge(Number(timestamp) * 1000, now, MOST_MS);
		if (tooOld) return tooOld;
	}
	return GENUINE;
};
