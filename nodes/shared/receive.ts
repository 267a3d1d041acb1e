import { v7 as uuidv7 } from 'uuid';

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

type ReceivingContext = Parameters<typeof signingOf>[0];

/** The parts of the receive pipeline that are not pure, put together for a node. */
export function receiveDeps(context: ReceivingContext): ReceiveDeps {
	return {
		verifyToken: async (token) => {
			const { keyRing, maxAgeDays } = await signingOf(context);
			return verifyToken(token, keyRing, { now: new Date(), maxAgeDays });
		},
		classify: () => ({
			actor: 'unknown',
			actorReason: null,
			rulesVersion: null,
			client: { family: null, os: null, device: null },
			features: [],
		}),
		isSuppressed: async () => false,
		consentStatus: async () => ({ status: 'unknown', recordId: null }),
		newEventId: () => uuidv7(),
		pseudonym: null,
		ipKey: null,
	};
}
