import { createHmac } from 'node:crypto';

import {
	GENUINE,
	NO_RAW_BODY,
	NO_SIGNATURE,
	noSecret,
	refused,
	refusedByAge,
	sameSecret,
	type Verifier,
	WRONG_SIGNATURE,
} from './verification';

/** What the specification advises; each try is signed anew. */
const MOST_MS = 5 * 60_000;
const PREFIX = 'whsec_';
/** The specification asks for 24 at least; what is shorter is no secret of theirs. */
const LEAST_BYTES = 16;

/**
 * Resend, which sends by Svix: HMAC-SHA-256 over id, time and raw body. The header can hold several
 * signatures while a secret is being changed.
 * https://docs.svix.com/receiving/verifying-payloads/how-manual and
 * https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
 */
export const verifySvix: Verifier = ({ headers, rawBody }, { signingKeys }, { now }) => {
	if (signingKeys.length === 0) return noSecret('Signing Key to the signing secret of the webhook');
	const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(
		(name) => headers[`svix-${name}`] ?? headers[`webhook-${name}`],
	);
	if (!id || !timestamp || !signatures) return NO_SIGNATURE;
	if (rawBody === null) return NO_RAW_BODY;
	const given = signatures
		.split(' ')
		.filter((signature) => signature.startsWith('v1,'))
		.map((signature) => signature.slice('v1,'.length));
	const secrets = signingKeys
		.map((key) => Buffer.from(key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key, 'base64'))
		.filter(({ length }) => length >= LEAST_BYTES);
	if (secrets.length === 0) {
		return refused(
			'the signing key is no signing secret',
			'Copy the signing secret that Resend shows beside the webhook. It begins with whsec_.',
		);
	}
	const fits = secrets.some((secret) => {
		const expected = createHmac('sha256', secret)
			.update(`${id}.${timestamp}.`)
			.update(rawBody)
			.digest('base64');
		return given.some((signature) => sameSecret(signature, expected));
	});
	if (!fits) return WRONG_SIGNATURE;
	return refusedByAge(Number(timestamp) * 1000, now, MOST_MS) ?? GENUINE;
};
