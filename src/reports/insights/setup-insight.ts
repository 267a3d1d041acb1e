import type { SetupCheck } from '../setup-check/check-setup';

/** What a check by n8n itself cannot know. */
const SETUP_CAUTION =
	'This is how n8n saw things at that moment, from its own machine. It does not prove that images load for readers, or that emails arrive; what was not checked may be wrong.';

/** Whether a setup is healthy, in the form of an answer. */
export interface SetupInsight extends Omit<SetupCheck, 'inWords'> {
	answer: string;
	caution: string;
}

/** The answer that a check of the setup gives. */
export function setupInsight({ inWords, ...check }: SetupCheck): SetupInsight {
	return { answer: inWords, caution: SETUP_CAUTION, ...check };
}
