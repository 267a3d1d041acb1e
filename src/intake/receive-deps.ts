import { v7 as uuidv7 } from 'uuid';

import { createBurstMemory, type BurstMemory } from '../tracking/bursts/burst-memory';
import { placeLoad } from '../tracking/bursts/burst-rules';
import { classifyLoad } from '../tracking/classify/classify-load';
import { deriveKey, type KeyRing } from '../tracking/links/key-ring';
import { verifyToken } from '../tracking/links/token';
import { denylistKeysOf, pseudonymOf } from '../tracking/people/subject-keys';
import type { ReceiveDeps } from '../tracking/receive/receive-types';
import type { SigningKeys } from './intake-settings';
import type { Lookups } from './lookups';

/** Where the receive pipeline gets what is not pure. */
export interface ReceiveSources {
	/** Asked for each signed link, so that a changed key is in force at once */
	signing(): SigningKeys | Promise<SigningKeys>;
	/** Consent, erasures and the key of the day: those of the store that the opens go to */
	lookups: Omit<Lookups, 'inTime'>;
}

let memory: BurstMemory | undefined;

/** The windows of the burst rules: one set per thread. */
function burstMemory(): BurstMemory {
	memory ??= createBurstMemory();
	return memory;
}

/**
 * Puts the parts of the receive pipeline together that are not pure: the one assembly for all
 * doors. Made anew for each open in n8n's nodes, once in the collector.
 */
export function createReceiveDeps(sources: ReceiveSources): ReceiveDeps {
	let known: KeyRing | undefined;
	const keyRing = async () => {
		known = (await sources.signing()).keyRing;
		return known;
	};
	return {
		verifyToken: async (token) => {
			const { maxAgeDays } = await sources.signing();
			return verifyToken(token, await keyRing(), { now: new Date(), maxAgeDays });
		},
		classify: classifyLoad,
		observeBurst: (load) => {
			// Without a recipient no rule applies; with one, the keys were read above. Where they could
			// not be, nothing can be named either.
			const placed = known ? placeLoad(load, deriveKey(known.active, 'burst')) : null;
			return { placed, relabels: placed === null ? [] : burstMemory().observe(placed) };
		},
		isSuppressed: async (recipientId) => {
			return await sources.lookups.isErased(denylistKeysOf(recipientId, await keyRing()));
		},
		consentStatus: async (recipientId, purpose) => {
			const { status, record } = await sources.lookups.consentOf(recipientId, purpose);
			return { status, recordId: record?.recordId ?? null };
		},
		newEventId: () => uuidv7(),
		pseudonym: (recipientId, scope) => {
			// Whoever has a recipient id was looked up above with the same keys.
			if (!known) throw new Error('The signing keys could not be read. Check their credential.');
			return pseudonymOf(recipientId, scope, known);
		},
		ipKey: () => sources.lookups.ipKey(),
	};
}
