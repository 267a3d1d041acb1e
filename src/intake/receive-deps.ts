import { v7 as uuidv7 } from 'uuid';

import type { PrivacyStore } from '../storage/port/privacy-store';
import { StoreError } from '../storage/port/store-error';
import { createBurstMemory, type BurstMemory } from '../tracking/bursts/burst-memory';
import { placeLoad } from '../tracking/bursts/burst-rules';
import { classifyLoad } from '../tracking/classify/classify-load';
import { deriveKey, type KeyRing } from '../tracking/links/key-ring';
import { verifyToken } from '../tracking/links/token';
import { denylistKeysOf, pseudonymOf } from '../tracking/people/subject-keys';
import type { ReceiveDeps } from '../tracking/receive/receive-types';

/** What signed links are checked with. */
export interface SigningKeys {
	keyRing: KeyRing;
	/** `undefined` for links that never expire */
	maxAgeDays: number | undefined;
}

/** The part of the store that is asked about each open. */
export type LookupStore = Pick<PrivacyStore, 'isDenied' | 'getConsent'>;

/** Where the receive pipeline gets what is not pure. */
export interface ReceiveSources {
	/** Asked for each signed link, so that a changed key is in force at once */
	signing(): SigningKeys | Promise<SigningKeys>;
	/** Consent and erasures are read for each open and never remembered: both act at once */
	store(): LookupStore | Promise<LookupStore>;
	/** The key of today, asked for where addresses are kept as a hash */
	ipKey(): Promise<Buffer>;
}

/** A load does not wait longer for a store that hangs; then the policy decides without an answer. */
const LOOKUP_LIMIT_MS = 750;

let memory: BurstMemory | undefined;

/** The windows of the burst rules: one set per thread. */
function burstMemory(): BurstMemory {
	memory ??= createBurstMemory();
	return memory;
}

/**
 * Puts the parts of the receive pipeline together that are not pure: the one assembly for the
 * n8n trigger and the collector. Made anew for each open in the trigger, once in the collector.
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
			const keys = denylistKeysOf(recipientId, await keyRing());
			return await inTime(async () => (await sources.store()).isDenied(keys));
		},
		consentStatus: async (recipientId, purpose) => {
			const { status, record } = await inTime(async () =>
				(await sources.store()).getConsent(recipientId, purpose, new Date()),
			);
			return { status, recordId: record?.recordId ?? null };
		},
		newEventId: () => uuidv7(),
		pseudonym: (recipientId, scope) => {
			// Whoever has a recipient id was looked up above with the same keys.
			if (!known) throw new Error('The signing keys could not be read. Check their credential.');
			return pseudonymOf(recipientId, scope, known);
		},
		ipKey: async () => await inTime(async () => await sources.ipKey()),
	};
}

async function inTime<T>(ask: () => Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(
			() => reject(new StoreError('busy', 'A lookup took too long. Check the tracking store.')),
			LOOKUP_LIMIT_MS,
		);
	});
	try {
		return await Promise.race([ask(), late]);
	} finally {
		clearTimeout(timer);
	}
}
