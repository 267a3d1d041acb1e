import { deriveKey, type RingKey } from '../tracking/links/key-ring';
import { keyedHash } from '../tracking/people/keyed-hash';

/**
 * The id of the event of a request that a proxy may send to several collectors: the same for all that
 * share the key, so that the store takes it once. A UUID of version 8 (RFC 9562, 5.8), by which nobody
 * without the key finds the request in the log of the proxy.
 */
export function eventIdOfRequest(requestId: string, key: RingKey): string {
	const hex = keyedHash(requestId, deriveKey(key, 'request-id'), 'request id');
	const variant = (8 + (Number.parseInt(hex[16], 16) % 4)).toString(16);
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`8${hex.slice(13, 16)}`,
		`${variant}${hex.slice(17, 20)}`,
		hex.slice(20, 32),
	].join('-');
}
