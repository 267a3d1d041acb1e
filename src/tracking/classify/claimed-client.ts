import type { Client } from '../event/open-event';
import { NONE, readWords, WordBit, type AgentWords } from './agent-words';
import type { AgentFeature, ClientFeature } from './feature';
import { BROWSERS, MAIL_PROGRAMS, SYSTEMS } from './known-programs';

/** What a user agent claims to be. Unknown is `null`. */
export interface ClaimedClient {
	readonly kind: 'mail-client' | 'browser' | null;
	readonly family: string | null;
	readonly os: string | null;
	readonly device: 'desktop' | 'phone' | 'tablet' | 'tv' | null;
}

const DESKTOPS: readonly string[] = ['Windows', 'macOS', 'ChromeOS', 'Linux'];

/** The end of an agent that names an engine and no program: WebKit, or the build of a phone. */
const BARE_WEBKIT = /(?:\(khtml, like gecko\)|mobile\/[a-z0-9]{1,10})$/;
/** Outlook-Express/7 is what Windows Live Mail calls itself. */
const WINDOWS_LIVE_MAIL = /outlook-express\/[7-9]/;

/**
 * CFNetwork of macOS up to 10.12, as ranges of its main number. From 10.13 on, both systems have
 * the same numbers, and only macOS names the processor (until 10.15).
 */
const MAC_CFNETWORK: ReadonlyArray<readonly [from: number, to: number]> = [
	[0, 330],
	[438, 438],
	[454, 454],
	[520, 520],
	[596, 596],
	[673, 673],
	[696, 708],
	[714, 725],
	[760, 760],
	[790, 807],
];
const CFNETWORK_NUMBER = /cfnetwork\/(\d{1,5})/;
const MAC_MACHINE = /\((?:x86_64|i386|ppc|powerpc|arm64)|mac(?:book|mini|pro|os|studio)|imac/;
/** Mail is the program's name on macOS; on iOS it is MobileMail. */
const MAIL_OF_MACOS = /(?:^|[ )])mail\/\d/;

/**
 * Reads family, system and device class out of a user agent.
 *
 * @param agent in lower case, already cut to a bounded length
 * @param words what `readWords` says of it
 */
export function claimedClient(agent: string, words: AgentWords): ClaimedClient {
	const os = systemOf(agent, words);
	const device = deviceOf(words, os);
	const mail = mailProgramOf(agent, words, os);
	if (mail !== null) return { kind: 'mail-client', family: mail, os, device };
	if (words.browser === NONE) return { kind: null, family: null, os, device };
	return { kind: 'browser', family: browserOf(words, os), os, device };
}

/** Adds the client to the features of a load. */
export function addClientFeatures(
	{ family, os, device }: ClaimedClient,
	features: Array<AgentFeature | ClientFeature>,
): void {
	if (family !== null) features.push(word('client', family));
	if (os !== null) features.push(word('os', os));
	if (device !== null) features.push(word('device', device));
}

/** How services name what we call otherwise. */
const REPORTED_FAMILIES: ReadonlyArray<readonly [pattern: RegExp, family: string]> = [
	[/googleimageproxy|gmailimageproxy/, 'Gmail'],
	[/yahoomailproxy/, 'Yahoo Mail'],
	[/internet explorer|^ie\b/, 'Internet Explorer'],
];
const REPORTED_SYSTEMS: ReadonlyArray<readonly [pattern: RegExp, system: string]> = [
	[/\bos x\b/, 'macOS'],
	[/chrome ?os/, 'ChromeOS'],
	[/^wp\d|windows mobile/, 'Windows Phone'],
];
const REPORTED_DEVICES: ReadonlyMap<string, ClaimedClient['device']> = new Map([
	['desktop', 'desktop'],
	['mobile', 'phone'],
	['phone', 'phone'],
	['smartphone', 'phone'],
	['tablet', 'tablet'],
	['tv', 'tv'],
]);

/**
 * A client as another service names it, in the words that our own opens have. A name that no
 * table knows stays as it is; a device class that we have no word for does not.
 */
export function inOurWords({ family, os, device }: Client): Client {
	return {
		family: family === null ? null : familyInOurWords(family),
		os: os === null ? null : systemInOurWords(os),
		device: device === null ? null : (REPORTED_DEVICES.get(device.trim().toLowerCase()) ?? null),
	};
}

function familyInOurWords(name: string): string {
	const lower = name.trim().toLowerCase();
	const alias = REPORTED_FAMILIES.find(([pattern]) => pattern.test(lower))?.[1];
	if (alias !== undefined) return alias;
	const { mail, browser } = readWords(lower);
	if (mail !== NONE) return MAIL_PROGRAMS[mail].name;
	return browser === NONE ? name.trim() : BROWSERS[browser].name;
}

function systemInOurWords(name: string): string {
	const lower = name.trim().toLowerCase();
	const alias = REPORTED_SYSTEMS.find(([pattern]) => pattern.test(lower))?.[1];
	if (alias !== undefined) return alias;
	const { system } = readWords(lower);
	return system === NONE ? name.trim() : SYSTEMS[system].name;
}

/** Words made once: they are looked up by the rules, and a new text has to be hashed for that. */
const WORDS = {
	client: new Map<string, ClientFeature>(),
	os: new Map<string, ClientFeature>(),
	device: new Map<string, ClientFeature>(),
};

function word(kind: keyof typeof WORDS, name: string): ClientFeature {
	let feature = WORDS[kind].get(name);
	if (feature === undefined) {
		feature = `${kind}:${name}`;
		WORDS[kind].set(name, feature);
	}
	return feature;
}

/** Whether it names an engine and no program, as Apple Mail does and new Outlook may. */
function isBareWebKit(agent: string, { bits }: AgentWords): boolean {
	return (
		(bits & WordBit.webkit) !== 0 &&
		(bits & (WordBit.version | WordBit.safari | WordBit.chrome)) === 0 &&
		agent.startsWith('mozilla/5.0 (') &&
		BARE_WEBKIT.test(agent)
	);
}

function mailProgramOf(agent: string, words: AgentWords, os: string | null): string | null {
	if (words.mail !== NONE) {
		const { name } = MAIL_PROGRAMS[words.mail];
		return name === 'Outlook Express' && WINDOWS_LIVE_MAIL.test(agent) ? 'Windows Live Mail' : name;
	}
	const isApple = os === 'macOS' || os === 'iOS';
	if (isApple && MAIL_OF_MACOS.test(agent)) return 'Apple Mail';
	if (!isBareWebKit(agent, words)) return null;
	if (isApple) return 'Apple Mail';
	// The web view of new Outlook, when it does not say its name.
	return os === 'Windows' ? 'Outlook' : null;
}

function browserOf({ browser, bits }: AgentWords, os: string | null): string {
	const { name } = BROWSERS[browser];
	// There is no Safari for Linux: it is WebKitGTK, in which Geary, Balsa and a browser show pages.
	return name === 'Safari' && os === 'Linux' && (bits & WordBit.version) !== 0
		? 'WebKitGTK (Geary, Balsa)'
		: name;
}

function systemOf(agent: string, { system, bits }: AgentWords): string | null {
	const named = system === NONE ? null : SYSTEMS[system].name;
	if ((bits & WordBit.appleNetwork) === 0 || named === 'iOS' || named === 'Android') return named;
	if (named === 'macOS' || MAC_MACHINE.test(agent) || MAIL_OF_MACOS.test(agent)) return 'macOS';
	const number = Number(CFNETWORK_NUMBER.exec(agent)?.[1] ?? NaN);
	return MAC_CFNETWORK.some(([from, to]) => number >= from && number <= to) ? 'macOS' : 'iOS';
}

function deviceOf({ bits }: AgentWords, os: string | null): ClaimedClient['device'] {
	if ((bits & WordBit.tv) !== 0) return 'tv';
	if (os === 'Android') {
		if ((bits & WordBit.mobile) !== 0) return 'phone';
		// A browser on Android that does not say Mobile runs on a tablet; other programs never say.
		return (bits & (WordBit.safari | WordBit.tablet)) !== 0 ? 'tablet' : null;
	}
	if (os === 'iOS') return (bits & WordBit.iPad) !== 0 ? 'tablet' : 'phone';
	if (os === 'Windows Phone') return 'phone';
	if (os !== null) return DESKTOPS.includes(os) ? 'desktop' : null;
	return (bits & WordBit.mobile) !== 0 ? 'phone' : null;
}
