import type { OpenEvent } from '../event/open-event';
import { lowestMode } from '../event/tracking-mode';
import { applyMode } from '../minimise/minimise-mode';
import { askForConsent } from '../receive/ask-for-consent';
import type { ReceiveDeps, ReceivedOpen, ReceiveSettings } from '../receive/receive-types';

/**
 * The rest of the way for an open or a click that an email service saw instead of us: check consent →
 * minimize, by the same rules as `receiveOpen`. What comes out may be stored. Rules that compare the
 * loads of several networks do not apply: services report too late and too little for them.
 *
 * @param open as `parseEspPayload` gives it
 * @param settings `mode` is the most that operator and campaign allow
 */
export async function receiveReportedOpen(
	open: OpenEvent,
	settings: Pick<ReceiveSettings, 'mode' | 'consent'>,
	deps: Pick<ReceiveDeps, 'isSuppressed' | 'consentStatus' | 'pseudonym'>,
): Promise<Omit<ReceivedOpen, 'load'>> {
	const { mode } = settings;
	if (mode === 'off') return { event: null, reason: 'mode-off', lookupError: null };
	const { lookupError, reason, ...answer } = await askForConsent(open, mode, {}, settings, deps);
	const effective = lowestMode([mode, answer.mode]);
	const { status, recordId } = answer;
	const asked = { ...open, consent: { status, recordId, policy: settings.consent.label } };
	return { event: applyMode(asked, effective, deps.pseudonym, mode), reason, lookupError };
}
