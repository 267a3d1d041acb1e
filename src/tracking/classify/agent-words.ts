import { BROWSERS, MAIL_PROGRAMS, SYSTEMS } from './known-programs';
import { isSuspicious } from './machine-agents';

/** What single words say; a set of bits, because every load is asked for many of them. */
export const WordBit = {
	/** The lists of crawlers have to be asked about an agent with this word */
	suspicious: 1,
	/** Means its program only as the first word or before a slash */
	title: 2,
	/** May be the second word of a phrase */
	endsPhrase: 4,
	webkit: 8,
	safari: 16,
	chrome: 32,
	/** `Version/`, which Safari and its relatives carry and a bare web view does not */
	version: 64,
	/** CFNetwork or Darwin: an app on an Apple system that loads without a web view */
	appleNetwork: 128,
	iPad: 256,
	mobile: 512,
	tablet: 1024,
	tv: 2048,
	/** Named like a mail program, but not one of ours */
	mailLike: 4096,
	proxy: 8192,
	headless: 16_384,
	edge: 32_768,
	/** A telephone from before smartphones */
	handset: 65_536,
} as const;

/** What one word says; the numbers are places in the tables of `known-programs.ts`. */
interface WordFacts {
	readonly bits: number;
	readonly mail: number;
	readonly browser: number;
	readonly system: number;
}

/** What the words of an agent say together. */
export interface AgentWords {
	/** All bits of its words */
	bits: number;
	/** Places in the tables of `known-programs.ts`, or `NONE` */
	mail: number;
	browser: number;
	system: number;
	/** Where the name of an Android device stands, from `android` to the end of its bracket */
	deviceFrom: number;
	deviceTo: number;
}

export const NONE = 1000;

/** Distinct words remembered. Agents are new each day, their words are not. */
export const MAX_REMEMBERED_WORDS = 4000;
/** A longer word is judged and forgotten. */
const MAX_WORD_LENGTH = 40;

/** Bits of particular words. The tables add what they know. */
const BITS_OF: ReadonlyArray<readonly [bit: number, words: string]> = [
	[WordBit.webkit, 'applewebkit'],
	[WordBit.safari, 'safari'],
	[WordBit.chrome, 'chrome chromium crios crmo'],
	[WordBit.version, 'version'],
	[WordBit.appleNetwork, 'cfnetwork darwin'],
	[WordBit.iPad, 'ipad ipados'],
	[WordBit.mobile, 'mobile mobi phone'],
	[WordBit.tablet, 'tablet'],
	[WordBit.tv, 'tv smart-tv smarttv appletv hbbtv crkey googletv netcast viera roku web0s'],
	[WordBit.edge, 'edge edg'],
	[WordBit.headless, 'headlesschrome'],
	[WordBit.proxy, 'fastmailua ramblermail ggpht.com'],
	[
		WordBit.handset | WordBit.mobile,
		'midp midp-1.0 midp-2.0 midp-2.1 cldc up.browser up.link docomo',
	],
];

/** What words say that stand in no table, by how they are made. */
const WORD_PATTERNS: ReadonlyArray<readonly [pattern: RegExp, bits: number]> = [
	[/headless|phantomjs|puppeteer|playwright|slimerjs/, WordBit.headless],
	[/proxy|fetcher/, WordBit.proxy],
	// With an @ it is an address, not a name.
	[/^[^@]*mail(?!to\b)[^@]*$/, WordBit.mailLike],
	[
		/^(?:sonyericsson|nokia|blackberry|samsung-|lge?-|mot-|sie-|audiovox|panasonic)/,
		WordBit.handset,
	],
	[/ipad/, WordBit.iPad],
	[/smart-?tv/, WordBit.tv],
];
const SYSTEM_PATTERNS: ReadonlyArray<readonly [pattern: RegExp, system: string]> = [
	[/^android/, 'Android'],
	[/^(?:iphone|ipod|ipad)|[-_.](?:iphone|ipad|ios)$/, 'iOS'],
	[/^(?:windows|win)(?:nt|8|10|11|xp|ce)?$/, 'Windows'],
	[/^(?:i?mac(?:book|mini|pro)?[a-z]*\d|macos)/, 'macOS'],
	[/^linux/, 'Linux'],
];

/** What of a device's bracket matters: its class, not its name. */
const DEVICE_CLASSES: ReadonlyArray<readonly [pattern: RegExp, bit: number]> = [
	[/\bmobile\b/, WordBit.mobile],
	[/\btablet\b/, WordBit.tablet],
	[/\b(?:google ?tv|android ?tv|smart[- ]?tv|tv)\b/, WordBit.tv],
];
/** No device is called like this: then it is a crawler's bracket. */
const NO_DEVICE = /https?:|www\.|compatible|crawl|(?<!cu)bot\b|@/;

const TABLE = new Map<string, WordFacts>();
const PHRASES = new Map<string, WordFacts>();
/** Second words of phrases that are in no table themselves */
const PHRASE_ENDS = new Set<string>();
fillTables();
/** The table and the words judged since, in one, because each word of each agent is looked up */
let remembered = new Map(TABLE);

/** What a character is, as bits. */
const SEPARATOR = 1;
const LETTER = 2;
/** No browser writes it */
const MARK = 4;
const KIND = Uint8Array.from({ length: 128 }, (_, code) => {
	const character = String.fromCharCode(code);
	const mark = '|<@'.includes(character) ? MARK : 0;
	if (code <= 32 || '()[]{}<>;,/+"\'=:|'.includes(character)) return SEPARATOR | mark;
	return /[a-z%]/.test(character) ? LETTER | mark : mark;
});
/** Forms that no browser writes either, at the end or the beginning of an agent. */
const ODD_END = /;\s\w+;$/;
const ODD_START = /^[;(\d]/;
const SPACE = 32;
const SLASH = 47;
const SEMICOLON = 59;
const OPEN = 40;
const CLOSE = 41;

/**
 * Reads the words of an agent in one pass.
 *
 * @param agent in lower case, already cut to a bounded length
 */
export function readWords(agent: string): AgentWords {
	const read: AgentWords = {
		bits: 0,
		mail: NONE,
		browser: NONE,
		system: NONE,
		deviceFrom: -1,
		deviceTo: -1,
	};
	let start = -1;
	let hasLetter = false;
	let depth = 0;
	let before = SPACE;
	let previous = '';
	for (let at = 0; at <= agent.length; at += 1) {
		const code = at < agent.length ? agent.charCodeAt(at) : SPACE;
		const kind = code < 128 ? KIND[code] : LETTER;
		if (kind >= MARK) read.bits |= WordBit.suspicious;
		if ((kind & SEPARATOR) === 0) {
			if (start < 0) start = at;
			if ((kind & LETTER) !== 0) hasLetter = true;
			continue;
		}
		if (start >= 0) {
			// What follows a slash and begins with a digit is a version, whatever letters it has; one
			// letter says nothing.
			if (hasLetter && at - start > 1 && !(before === SLASH && isDigit(agent.charCodeAt(start)))) {
				const word = agent.slice(start, at);
				const isVersioned = code === SLASH || (code === SPACE && isDigit(agent.charCodeAt(at + 1)));
				add(read, word, previous, start, isVersioned);
				previous = word;
				if (word === 'android' && depth > 0 && read.deviceFrom < 0) {
					const to = endOfBracket(agent, at, depth);
					if (addDevice(read, agent.slice(at, to))) {
						read.deviceFrom = at;
						read.deviceTo = to;
						at = to - 1;
						start = -1;
						hasLetter = false;
						continue;
					}
				}
			}
			// isbot's mark of a program that somebody wrote for one purpose.
			if (code === SEMICOLON && before === SLASH && agent.slice(start, at) === '1.0') {
				read.bits |= WordBit.suspicious;
			}
			start = -1;
			hasLetter = false;
		}
		before = code;
		if (code === OPEN) {
			depth += 1;
			if (agent.charCodeAt(at + 1) === CLOSE) read.bits |= WordBit.suspicious;
		} else if (code === CLOSE && depth > 0) depth -= 1;
	}
	if (ODD_START.test(agent) || (agent.endsWith(';') && ODD_END.test(agent))) {
		read.bits |= WordBit.suspicious;
	}
	return read;
}

function add(
	read: AgentWords,
	word: string,
	previous: string,
	start: number,
	isVersioned: boolean,
): void {
	const facts = factsOf(word);
	if ((facts.bits & WordBit.endsPhrase) !== 0 && previous !== '') {
		const phrase = PHRASES.get(`${previous} ${word}`);
		if (phrase !== undefined) addFacts(read, phrase);
	}
	const isTitle = start === 0 || isVersioned;
	if (isTitle || (facts.bits & WordBit.title) === 0) addFacts(read, facts);
}

function addFacts(read: AgentWords, { bits, mail, browser, system }: WordFacts): void {
	read.bits |= bits;
	if (mail < read.mail) read.mail = mail;
	if (browser < read.browser) read.browser = browser;
	if (system < read.system) read.system = system;
}

/** Adds the class of a device. `false` when the bracket is not about a device. */
function addDevice(read: AgentWords, bracket: string): boolean {
	if (NO_DEVICE.test(bracket)) return false;
	for (const [pattern, bit] of DEVICE_CLASSES) if (pattern.test(bracket)) read.bits |= bit;
	return true;
}

/** The place behind the bracket that is open at `from`, or the end of the agent. */
function endOfBracket(agent: string, from: number, depth: number): number {
	let open = depth;
	for (let at = from; at < agent.length; at += 1) {
		const code = agent.charCodeAt(at);
		if (code === OPEN) open += 1;
		else if (code === CLOSE) {
			open -= 1;
			if (open < depth) return at;
		}
	}
	return agent.length;
}

function factsOf(word: string): WordFacts {
	const known = remembered.get(word);
	if (known !== undefined) return known;
	const facts = judgeWord(word);
	if (word.length <= MAX_WORD_LENGTH) {
		if (remembered.size >= MAX_REMEMBERED_WORDS) remembered = new Map(TABLE);
		remembered.set(word, facts);
	}
	return facts;
}

function judgeWord(word: string): WordFacts {
	const variant = word.length <= MAX_WORD_LENGTH ? programOf(word) : undefined;
	if (variant !== undefined) return variant;
	let bits = isSuspicious(word) ? WordBit.suspicious : 0;
	if (PHRASE_ENDS.has(word)) bits |= WordBit.endsPhrase;
	for (const [pattern, more] of WORD_PATTERNS) if (pattern.test(word)) bits |= more;
	const system = SYSTEM_PATTERNS.find(([pattern]) => pattern.test(word))?.[1];
	return {
		bits,
		mail: NONE,
		browser: NONE,
		system: system === undefined ? NONE : SYSTEMS.findIndex(({ name }) => name === system),
	};
}

/** The mail program of a word such as `protonmail-android`, `kmail2` or `jp.co.yahoo.ymail`. */
function programOf(word: string): WordFacts | undefined {
	const forms = [word.replace(/[-_.\d].*$/, '')];
	for (let dot = word.indexOf('.'); dot >= 0; dot = word.indexOf('.', dot + 1)) {
		forms.push(word.slice(dot + 1));
	}
	for (const form of forms) {
		const facts = TABLE.get(form);
		if (facts !== undefined && facts.mail !== NONE && (facts.bits & WordBit.title) === 0) {
			return facts;
		}
	}
	return undefined;
}

function fillTables(): void {
	const nothing: WordFacts = { bits: 0, mail: NONE, browser: NONE, system: NONE };
	const merge = (map: Map<string, WordFacts>, word: string, more: Partial<WordFacts>): void => {
		const facts = map.get(word) ?? nothing;
		map.set(word, {
			bits: facts.bits | (more.bits ?? 0),
			mail: Math.min(facts.mail, more.mail ?? NONE),
			browser: Math.min(facts.browser, more.browser ?? NONE),
			system: Math.min(facts.system, more.system ?? NONE),
		});
	};
	const split = (words = ''): string[] => words.split(' ').filter((word) => word !== '');
	for (const [table, key] of [
		[MAIL_PROGRAMS, 'mail'],
		[BROWSERS, 'browser'],
		[SYSTEMS, 'system'],
	] as const) {
		table.forEach(({ words, titles, phrases = [] }, place) => {
			for (const word of split(words)) merge(TABLE, word, { [key]: place });
			for (const word of split(titles)) {
				merge(TABLE, word, { [key]: place, bits: WordBit.title });
			}
			for (const phrase of phrases) merge(PHRASES, phrase, { [key]: place });
		});
	}
	for (const [bits, words] of BITS_OF) {
		for (const word of split(words)) merge(TABLE, word, { bits });
	}
	for (const phrase of PHRASES.keys()) {
		const [, word] = phrase.split(' ');
		if (TABLE.has(word)) merge(TABLE, word, { bits: WordBit.endsPhrase });
		else PHRASE_ENDS.add(word);
	}
}

function isDigit(code: number): boolean {
	return code >= 48 && code <= 57;
}
