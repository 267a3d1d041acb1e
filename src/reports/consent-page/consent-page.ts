import type { ConsentStatus } from '../../tracking/event/open-event';
import type { Purpose } from '../../tracking/event/purpose';
import { ONE_CLICK } from '../../tracking/mail/unsubscribe-headers';
import { render } from '../render';
import { PAGE_WORDS, type PageLanguage, type PageWords } from './consent-page-words';

/**
 * What the template shows. Forms have no address: they go to the address of the page, which carries
 * the signed token.
 */
interface ConsentPageView {
	language: PageLanguage;
	words: PageWords;
	title: string;
	message: string | null;
	/** What stands below the message in bold, such as the number of a receipt */
	reference: string | null;
	notice: string;
	purposes: Array<{ purpose: Purpose; title: string; now: string }>;
	rights: boolean;
	/** The field that RFC 8058 wants in the form; `null` where nothing is asked */
	oneClick: typeof ONE_CLICK | null;
}

/** What people are told without being asked anything. */
export type PageMessage =
	| 'asked'
	| 'erased'
	| 'forgotten'
	| 'invalid'
	| 'nothingErased'
	| 'unsubscribed';

/**
 * The page where a person gives, refuses or withdraws consent for each purpose. No answer is chosen
 * beforehand, and yes and no look alike (EDPB Guidelines 03/2022 on deceptive design patterns).
 *
 * @param message what just happened; `null` when the page was only asked for
 * @returns one HTML page without scripts, whose forms POST to its own address
 */
export function consentPage(page: {
	language: PageLanguage;
	notice: string;
	states: ReadonlyArray<{ purpose: Purpose; status: ConsentStatus }>;
	message: 'saved' | 'withdrawn' | 'noChange' | 'tooOften' | null;
}): string {
	const { language, notice, states, message } = page;
	const words = PAGE_WORDS[language];
	return renderPage({
		...empty(language),
		message: message && words[message],
		notice,
		purposes: states.map(({ purpose, status }) => ({
			purpose,
			title: words.purposes[purpose],
			now: words.now[standing(status)],
		})),
	});
}

/** The page behind a link that was sent to the person's own address: a copy, or erasure. */
export function rightsPage(language: PageLanguage): string {
	return renderPage({ ...empty(language), title: PAGE_WORDS[language].rightsTitle, rights: true });
}

/**
 * The page behind the link in the header of an email, for whoever opens it. It asks once, since
 * scanners open it as well; its form sends what an email program sends by itself.
 */
export function unsubscribePage(language: PageLanguage): string {
	const { unsubscribe: title } = PAGE_WORDS[language];
	return renderPage({ ...empty(language), title, oneClick: ONE_CLICK });
}

/**
 * A page that only says something.
 *
 * @param reference what stands below in bold: the number of a receipt, or where to write to
 */
export function consentMessagePage(
	language: PageLanguage,
	message: PageMessage,
	reference: string | null = null,
): string {
	const words = PAGE_WORDS[language];
	const title = TITLES[message] ?? 'rightsTitle';
	return renderPage({
		...empty(language),
		title: words[title],
		message: words[message],
		reference,
	});
}

/** What stands above a message, where it is not about data. */
const TITLES: Partial<Record<PageMessage, 'invalidTitle' | 'unsubscribe'>> = {
	invalid: 'invalidTitle',
	unsubscribed: 'unsubscribe',
};

function empty(language: PageLanguage): ConsentPageView {
	const words = PAGE_WORDS[language];
	return {
		language,
		words,
		title: words.title,
		message: null,
		reference: null,
		notice: '',
		purposes: [],
		rights: false,
		oneClick: null,
	};
}

function standing(status: ConsentStatus): 'allowed' | 'not-allowed' | 'open' {
	if (status === 'given' || status === 'renewed') return 'allowed';
	return status === 'unknown' || status === 'requested' ? 'open' : 'not-allowed';
}

function renderPage(view: ConsentPageView): string {
	return render('consent-page/consent-page', view);
}
