import { EVENT_LEAVES } from '../../../src/tracking/event/event-fields';

/**
 * What the request of an open itself said, which n8n is to hide wherever it shows executions. What
 * stands here nobody can uncover in the editor, so the recipient ID does not: it is what people look
 * for.
 */
export const SENSITIVE_EVENT_FIELDS = EVENT_LEAVES.filter(({ group }) => group === 'request').map(
	({ path }) => path,
);
