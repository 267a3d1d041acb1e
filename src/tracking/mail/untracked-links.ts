import { tokenFromText } from '../links/sealed-token';

/** Marks a link that is not to be tracked. */
export const NO_TRACK_ATTRIBUTE = 'data-no-track';

/** Why a link stays as it is, with a line for people. */
export const LEFT_REASONS = {
	marked: `It carries ${NO_TRACK_ATTRIBUTE}`,
	'already-tracked': 'It is a tracked link',
	consent: 'It leads to the consent page of a person',
	unsubscribe: 'It ends a subscription or changes its settings',
	placeholder: 'It holds a placeholder that is to be filled in later',
	'too-long': 'The tracked link would have more than 2,000 characters',
} as const;
export type LeftReason = keyof typeof LEFT_REASONS;

/**
 * What people, and the systems that they send with, write into links that end a subscription: as
 * whole words of the text, or in the address. Nobody's way out may lead through tracking. A wrong
 * guess leaves a link untracked, and the result says so.
 */
const WAYS_OUT = [
	// English; "unsub" is Mailchimp's and others' short form
	/unsub(?:scri\w*)?(?![a-z])/i,
	/opt[\s_-]?out/i,
	/(?:e-?mail|mail|subscription|communication|contact|notification)[\s_-]?(?:preferences|settings)/i,
	/(?:manage|update|change)[\s_-]?(?:your[\s_-]?)?(?:preferences|subscriptions?)/i,
	/preference[\s_-]?cent(?:er|re)/i,
	// German
	/(?<![a-zäöü])(?:abmelde\w*|abmeldung|abbestell\w*|austragen)/i,
	// French
	/d[ée]s(?:inscri\w+|abonn\w+)/i,
	// Italian, Spanish, Portuguese
	/disiscri\w+|annulla\w*[\s_-](?:l['’]?)?iscrizione|cancella\w*[\s_-](?:l['’]?)?iscrizione/i,
	/darse?[\s_-]de[\s_-]baja|cancelar[\s_-](?:la[\s_-]|a[\s_-])?(?:suscripci[óo]n|assinatura|inscri[çc][ãa]o)/i,
	/descadastr\w+/i,
	// Dutch, Swedish, Danish, Norwegian, Polish
	/(?<![a-z])(?:uitschrijv\w*|afmelden|avregistrera|avprenumerera|afmeld|avmeld\w*|wypisz)(?![a-z])/i,
];

/** Placeholders of the usual mailers: `{{ }}`, `{% %}`, `*| |*`, `%% %%`, `[[ ]]`, `<% %>`, `${ }`. */
const PLACEHOLDER = /\{\{|\{%|\*\||\|\*|%%|\[\[|<%|\$\{/;

/** One link as its email shows it; text and address decoded. */
export interface LinkInEmail {
	/** As the browser would follow it */
	url: string;
	/** As the email writes it */
	written: string;
	text: string;
	isMarked: boolean;
}

/**
 * Why a web link must not be tracked; `null` where it may be.
 *
 * @param waysOut addresses that the List-Unsubscribe header of the email names
 */
export function whyLeft(
	{ url, written, text, isMarked }: LinkInEmail,
	waysOut: readonly string[],
): LeftReason | null {
	if (isMarked) return 'marked';
	if (tokenFromText('link', url) !== null) return 'already-tracked';
	if (tokenFromText('person', url) !== null) return 'consent';
	if (waysOut.includes(url)) return 'unsubscribe';
	if (WAYS_OUT.some((way) => way.test(text) || way.test(decoded(url)))) return 'unsubscribe';
	return PLACEHOLDER.test(written) ? 'placeholder' : null;
}

/**
 * The web addresses in the value of a List-Unsubscribe header (RFC 2369 §2).
 *
 * @example listUnsubscribeUrls('<mailto:out@example.com>, <https://example.com/out>')
 */
export function listUnsubscribeUrls(header: string): string[] {
	return Array.from(header.matchAll(/<\s*(https?:[^>]*)>/gi), ([, address]) =>
		address.replace(/\s+/g, ''),
	).flatMap((address) => (URL.canParse(address) ? new URL(address).href : []));
}

function decoded(url: string): string {
	try {
		return decodeURIComponent(url);
	} catch {
		// Not every address holds UTF-8.
		return url;
	}
}
