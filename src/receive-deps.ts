import { createSecretKey, randomBytes } from 'node:crypto';

import { v7 as uuidv7 } from 'uuid';

import { createBurstMemory, type BurstMemory } from './tracking/burst-memory';
import { classifyLoad } from './tracking/classify-load';
import type { KeyRing } from './tracking/key-ring';
import type { ReceiveDeps } from './tracking/receive-open';
import { verifyToken } from './tracking/token';

/** What signed links are checked with. */
export interface SigningKeys {
	keyRing: KeyRing;
	/** `undefined` for links that never expire */
	maxAgeDays: number | undefined;
}

/** Where the receive pipeline gets what is not pure. */
export interface ReceiveSources {
	/** Asked for each signed link, so that a changed key is in force at once */
	signing(): SigningKeys | Promise<SigningKeys>;
}

let memory: BurstMemory | undefined;

/** The windows of the burst rules: one set per thread, under a key that dies with it. */
function burstMemory(): BurstMemory {
	memory ??= createBurstMemory(createSecretKey(randomBytes(32)));
	return memory;
}

/**
 * Puts the parts of the receive pipeline together that are not pure: the one assembly for the
 * n8n trigger and the collector.
 */
export function createReceiveDeps(sources: ReceiveSources): ReceiveDeps {
	return {
		verifyToken: async (token) => {
			const { keyRing, maxAgeDays } = await sources.signing();
			return verifyToken(token, keyRing, { now: new Date(), maxAgeDays });
		},
		classify: classifyLoad,
		observeBurst: (load) => burstMemory().observe(load),
		isSuppressed: async () => false,
		consentStatus: async () => ({ status: 'unknown', recordId: null }),
		newEventId: () => uuidv7(),
		pseudonym: null,
		ipKey: null,
	};
}
