import { createHmac } from 'node:crypto';

import isEmail from 'validator/lib/isEmail';

import { deriveKey, type KeyRing } from '../../tracking/links/key-ring';
import { ApiError } from '../api-error';

/** The most addresses one request may bring. */
export const MAX_ADDRESSES = 10_000;

/** An address as the client wrote it, and without the white space around it. */
export interface GivenAddress {
	given: string;
	address: string;
}

/**
 * Checks a list of addresses. The refusals start with the texts that clients of the Mail Tracker
 * API look for.
 *
 * @returns one per given address, in its order
 * @throws ApiError 400 that names the first bad one, for the caller alone: do not log it
 */
export function readAddresses(value: unknown): GivenAddress[] {
	if (!Array.isArray(value) || value.length === 0) {
		throw new ApiError(400, 'Emails array is required');
	}
	if (value.length > MAX_ADDRESSES) {
		throw new ApiError(
			400,
			`Max 10,000 emails allowed. This request has ${value.length}; send the rest in another one.`,
		);
	}
	return value.map((given: unknown, index) => {
		const address = typeof given === 'string' ? given.trim() : '';
		if (typeof given !== 'string' || !isEmail(address)) {
			const shown = JSON.stringify(given)?.slice(0, 200);
			throw new ApiError(400, `Invalid email format: emails[${index}] is ${shown}`);
		}
		return { given, address };
	});
}

/**
 * The recipient id of an address under one pixel: a UUID (version 8, RFC 9562 §5.8) that means
 * nothing to others and is the same the next time, so that a repeated request adds nobody twice.
 * Without the key nobody can test a guess, and two pixels have unrelated ids for one person.
 */
export function recipientIdOf(address: string, pixelId: string, keyRing: KeyRing): string {
	const bytes = createHmac('sha256', deriveKey(keyRing.active, 'recipient-of-address'))
		.update(JSON.stringify([pixelId, address.toLowerCase()]))
		.digest()
		.subarray(0, 16);
	bytes[6] = (bytes[6] & 0x0f) | 0x80;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
