import type { ReceiveDeps } from '../../tracking/receive/receive-types';
import { CollectorError } from '../config/collector-error';

/** How long a consent lookup may take before it counts as failed. */
const LIMIT_MS = 1000;
/** How long a store that did not answer in time is left alone. */
const REST_MS = 2000;

type Lookups = Pick<ReceiveDeps, 'isSuppressed' | 'consentStatus'>;

/**
 * Puts a time limit on the lookups. A store that hangs would else hold up every load, and gather
 * more of them the longer it hangs. After a lookup that took too long, further ones fail at once
 * for a while; what a failed lookup means is up to the consent policy.
 */
export function guardLookups(
	lookups: Lookups,
	{ limitMs = LIMIT_MS, restMs = REST_MS } = {},
): Lookups {
	let restUntil = 0;
	const guard = async <T>(lookup: () => Promise<T>): Promise<T> => {
		if (Date.now() < restUntil) throw notInTime();
		let timer: NodeJS.Timeout | undefined;
		try {
			return await Promise.race([
				lookup(),
				new Promise<never>((_resolve, reject) => {
					timer = setTimeout(() => {
						restUntil = Date.now() + restMs;
						reject(notInTime());
					}, limitMs);
				}),
			]);
		} finally {
			clearTimeout(timer);
		}
	};
	return {
		isSuppressed: (recipientId) => guard(() => lookups.isSuppressed(recipientId)),
		consentStatus: (recipientId, purpose) =>
			guard(() => lookups.consentStatus(recipientId, purpose)),
	};
}

function notInTime(): CollectorError {
	return new CollectorError(
		'The store did not answer a consent lookup in time; the policy decided without it. Check the store.',
	);
}
