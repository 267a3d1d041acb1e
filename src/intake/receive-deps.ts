import { v7 as uuidv7 } from 'uuid';

import { placeLoad } from '../tracking/bursts/burst-rules';
import { classifyLoad } from '../tracking/classify/classify-load';
import { deriveKey, type KeyRing } from '../tracking/links/key-ring';
import { readTrackedLink } from '../tracking/links/tracked-link';
import { verifyToken } from '../tracking/links/token';
import { denylistKeysOf, pseudonymOf } from '../tracking/people/subject-keys';
import type { LinkDeps } from '../tracking/receive/receive-types';
import { eventIdOfRequest } from './event-id-of-request';
import type { SigningKeys } from './intake-settings';
import type { Lookups } from './lookups';

/** Where the receive pipeline gets what is not pure. */
export interface ReceiveSources {
	/** Asked for each signed link, so that a changed key is in force at once */
	signing(): SigningKeys | Promise<SigningKeys>;
	/** Consent, erasures and the key of the day: those of the store that the opens go to */
	lookups: Omit<Lookups, 'inTime'>;
}

/**
 * Puts the parts of the receive pipeline together that are not pure: the one assembly for all
 * doors. Made anew for each open in n8n's nodes, once in the collector.
 */
export function createReceiveDeps(sources: ReceiveSources): LinkDeps {
	let known: KeyRing | undefined;
	const signing = async () => {
		const keys = await sources.signing();
		known = keys.keyRing;
		return keys;
	};
	const keyRing = async () => (await signing()).keyRing;
	return {
		verifyToken: async (token) => {
			const keys = await signing();
			return verifyToken(token, keys.keyRing, { now: new Date(), maxAgeDays: keys.maxAgeDays });
		},
		readTrackedLink: async (token) => {
			const read = readTrackedLink(token, await keyRing());
			return read.ok ? read.claims : null;
		},
		classify: classifyLoad,
		// `known` is set whenever there is a recipient, because `isSuppressed` has read the keys.
		placeLoad: (load) => (known ? placeLoad(load, deriveKey(known.active, 'burst')) : null),
		isSuppressed: async (recipientId) => {
			return await sources.lookups.isErased(denylistKeysOf(recipientId, await keyRing()));
		},
		consentStatus: async (recipientId, purpose) => {
			const { status, record } = await sources.lookups.consentOf(recipientId, purpose);
			return { status, recordId: record?.recordId ?? null };
		},
		newEventId: (requestId) =>
			requestId === undefined
				? uuidv7()
				: keyRing().then(({ active }) => eventIdOfRequest(requestId, active)),
		pseudonym: (recipientId, scope) => {
			// Whoever has a recipient id was looked up above with the same keys.
			if (!known) throw new Error('The signing keys could not be read. Check their credential.');
			return pseudonymOf(recipientId, scope, known);
		},
		ipKey: () => sources.lookups.ipKey(),
		noteProbe: (load) => sources.lookups.noteProbe(load),
	};
}
