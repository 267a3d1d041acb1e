import { createSecretKey, randomBytes } from 'node:crypto';

import { v7 as uuidv7 } from 'uuid';

import { createBurstMemory, type BurstMemory } from '../../src/tracking/burst-memory';
import { classifyLoad } from '../../src/tracking/classify-load';
import type { ReceiveDeps, ReceiveSettings } from '../../src/tracking/receive-open';
import { verifyToken } from '../../src/tracking/token';
import { signingOf } from './signing';

/** What the base template does: recipient ids are read from the query, objections are honoured. */
export const DEFAULT_SETTINGS: ReceiveSettings = {
	mode: 'identified',
	purpose: null,
	plainIds: { allowed: true, recipientParameter: 'id' },
	consent: { policy: 'objection-honoured', label: 'objection-honoured', keepAsAggregate: false },
	keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
};

let memory: BurstMemory | undefined;

/** The windows of the burst rules: one set per process, under a key that dies with it. */
function burstMemory(): BurstMemory {
	memory ??= createBurstMemory(createSecretKey(randomBytes(32)));
	return memory;
}

type ReceivingContext = Parameters<typeof signingOf>[0];

/** The parts of the receive pipeline that are not pure, put together for a node. */
export function receiveDeps(context: ReceivingContext): ReceiveDeps {
	return {
		verifyToken: async (token) => {
			const { keyRing, maxAgeDays } = await signingOf(context);
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
