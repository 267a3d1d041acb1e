import type { Subject } from '../../../src/storage/port/privacy-store';
import type { KeyRing } from '../../../src/tracking/links/key-ring';
import { denylistKeysIn, pseudonymsIn } from '../../../src/tracking/people/subject-keys';

/** The person, with what only the keys can tell of them. */
export function subjectOf(recipientId: string, keyRing: KeyRing): Subject {
	return {
		recipientId,
		pseudonymsOf: pseudonymsIn(keyRing),
		denylistKeysOf: denylistKeysIn(keyRing),
	};
}
