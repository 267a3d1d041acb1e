import { createHmac } from 'node:crypto';

import isEmail from 'validator/lib/isEmail';

import { deriveKey, type KeyRing } from '../tracking/key-ring';
import { ApiError } from './api-error';

/** The most addresses one request may bring. */
export const MAX_ADDRESSES = 10_000;

/**
 * Checks a list of addresses and drops repetitions; upper and lower case are one address.
 *
 * @throws ApiError 400 that names the first bad one, for the caller alone: do not log it
 */
export function readAddresses(value: unknown): string[] {
	if (!Array.isArray(value) || value.length === 0) {
		throw new ApiError(400, 'emails: give a list of addresses');
	}
	if (value.length > MAX_ADDRESSES) {
		throw new ApiError(
			400,
			`emails: ${value.length} addresses; at most ${MAX_ADDRESSES} fit into one request`,
		);
	}
	const addresses = new Map<string, string>();
	value.forEach((entry: unknown, index) => {
		const address = typeof entry === 'string' ? entry.trim() : '';
		if (!isEmail(address)) {
			const shown = JSON.stringify(entry)?.slice(0, 200);
			throw new ApiError(400, `emails[${index}] is not an email address: ${shown}`);
		}
		const key = address.toLowerCase();
		if (!addresses.has(key)) addresses.set(key, address);
	});
	return [...addresses.values()];
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
