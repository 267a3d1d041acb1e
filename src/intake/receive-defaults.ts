import type { ReceiveSettings } from '../tracking/receive/receive-types';

/**
 * What every door does unless it is told otherwise: recipient ids are read from the query,
 * objections are honored, nothing of the request is kept. The fields of the nodes must repeat
 * these values (n8n's linter wants them there); a test holds them to it.
 */
export const RECEIVE_DEFAULTS = {
	mode: 'identified',
	purpose: 'performance',
	plainIds: { allowed: true, recipientParameter: 'id' },
	consent: { policy: 'objection-honoured', label: 'objection-honoured', keepAsAggregate: false },
	keep: { ip: 'drop', userAgent: false, referer: false, acceptLanguage: false },
	time: 'exact',
	manyDomains: false,
} as const satisfies ReceiveSettings;
