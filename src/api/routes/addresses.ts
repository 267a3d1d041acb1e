import { isEmailAddress } from '../../tracking/people/email-address';
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
		if (typeof given !== 'string' || !isEmailAddress(address)) {
			const shown = JSON.stringify(given)?.slice(0, 200);
			throw new ApiError(400, `Invalid email format: emails[${index}] is ${shown}`);
		}
		return { given, address };
	});
}
