import type { OpenEvent } from '../event/open-event';
import { deriveKey, type KeyRing, type RingKey } from '../links/key-ring';
import { denylistKey } from './erasure';
import { recipientPseudonym } from './pseudonym';

/**
 * A person's keys on the list of erased people, one per key of the ring and the active one's
 * first: an entry made before a change of keys is still found.
 */
export function denylistKeysOf(recipientId: string, keyRing: KeyRing): [string, ...string[]] {
	const [active, ...previous] = ringKeys(keyRing);
	const keyOf = (key: RingKey) => denylistKey(recipientId, deriveKey(key, 'denylist'));
	return [keyOf(active), ...previous.map(keyOf)];
}

/** The same for the person an event names; none where it names nobody, or a pseudonym only. */
export function denylistKeysOfEvent(
	{ recipientId, trackingMode }: Pick<OpenEvent, 'recipientId' | 'trackingMode'>,
	keyRing: KeyRing,
): readonly string[] {
	if (recipientId === null || trackingMode === 'pseudonymous') return [];
	return denylistKeysOf(recipientId, keyRing);
}

/** A person's pseudonym in a campaign. After a change of keys people get new pseudonyms. */
export function pseudonymOf(recipientId: string, scope: string, keyRing: KeyRing): string {
	return pseudonymBy(keyRing.active, recipientId, scope);
}

/** Every pseudonym a person may have in a campaign, one per key of the ring. */
export function pseudonymsOf(recipientId: string, scope: string, keyRing: KeyRing): string[] {
	return ringKeys(keyRing).map((key) => pseudonymBy(key, recipientId, scope));
}

function pseudonymBy(key: RingKey, recipientId: string, scope: string): string {
	return recipientPseudonym(recipientId, scope, deriveKey(key, 'recipient-pseudonym'));
}

function ringKeys({ active, keys }: KeyRing): [RingKey, ...RingKey[]] {
	return [active, ...[...keys.values()].filter((key) => key !== active)];
}
