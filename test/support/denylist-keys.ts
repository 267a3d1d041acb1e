import { denylistKey } from '../../src/tracking/people/erasure';
import { normalId } from '../../src/tracking/people/normal-id';
import type { DenylistKeysOf } from '../../src/tracking/people/subject-keys';

const KEY = Buffer.alloc(32, 7);

/** The keys of people on the list of erased people, by one key that all tests share. */
export const keysOf: DenylistKeysOf = (recipientId) => [denylistKey(normalId(recipientId), KEY)];
