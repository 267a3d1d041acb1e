import type { OpenEvent } from '../event/open-event';
import { deriveKey, type KeyRing, type RingKey } from '../links/key-ring';
import { denylistKey } from './erasure';
import { normalId } from './normal-id';
import { recipientPseudonym } from './pseudonym';

/** A person's pseudonyms in a campaign or pixel; the first is of the active key. */
export type PseudonymsOf = (recipientId: string, scope: string) => readonly string[];

/** A person's keys on the list of erased people; the first is of the active key. */
export type DenylistKeysOf = (recipientId: string) => readonly [string, ...string[]];

/**
 * A person's keys on the list of erased people, the active key's first, then one for each older key,
 * whether it still verifies links or not: an entry made before a change of keys is still found.
 */
export function denylistKeysOf(recipientId: string, keyRing: KeyRing): [string, ...string[]] {
	const [active, ...previous] = keysThatNamePeople(keyRing);
	const normal = normalId(recipientId);
	const keyOf = (key: RingKey) => denylistKey(normal, deriveKey(key, 'denylist'));
	return [keyOf(active), ...previous.map(keyOf)];
}

/** The same, for those who ask for many people. */
export function denylistKeysIn(keyRing: KeyRing): DenylistKeysOf {
	return (recipientId) => denylistKeysOf(recipientId, keyRing);
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

/** Every pseudonym a person may have in a campaign, one for each key there has been. */
export function pseudonymsOf(recipientId: string, scope: string, keyRing: KeyRing): string[] {
	return keysThatNamePeople(keyRing).map((key) => pseudonymBy(key, recipientId, scope));
}

/** The same, for those who ask for many people. */
export function pseudonymsIn(keyRing: KeyRing): PseudonymsOf {
	return (recipientId, scope) => pseudonymsOf(recipientId, scope, keyRing);
}

function pseudonymBy(key: RingKey, recipientId: string, scope: string): string {
	return recipientPseudonym(recipientId, scope, deriveKey(key, 'recipient-pseudonym'));
}

function keysThatNamePeople({ active, keys, denylistOnly }: KeyRing): [RingKey, ...RingKey[]] {
	return [active, ...[...keys.values()].filter((key) => key !== active), ...denylistOnly];
}
