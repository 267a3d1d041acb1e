import { NONE, readWords, WordBit, type AgentWords } from './agent-words';
import { addClientFeatures, claimedClient, type ClaimedClient } from './claimed-client';
import type { AgentFeature, ClientFeature } from './feature';
import { MAIL_PROGRAMS } from './known-programs';
import { isCrawler, machineKinds, type Evidence } from './machine-agents';

/** Longer than any agent in use. Everything behind it is cut off before a pattern sees it. */
export const MAX_AGENT_LENGTH = 1024;
/** Distinct agents remembered; a mailing sees a few hundred. About 1 MB at the very most. */
export const MAX_REMEMBERED_AGENTS = 1000;

type Features = ReadonlyArray<AgentFeature | ClientFeature>;

const ofMailProvider = (feature: AgentFeature, family: string): Features => [
	feature,
	// Nothing else in such an agent is about the reader: the provider's servers sent it.
	`client:${family}`,
];

const NO_AGENT: Features = ['ua:none'];
/** Mail Privacy Protection sends `Mozilla/5.0` and nothing more. */
const APPLE_MPP: Features = ofMailProvider('ua:apple-mpp', 'Apple Mail');
const GMAIL_PREFETCH: Features = ofMailProvider('ua:gmail-prefetch', 'Gmail');

const MAIL_PROXY: Features = ['ua:mail-proxy'];

/** What Gmail's proxy says of itself when it loads before anybody opens the mail. */
const AHEAD = /prefetch|pre-fetch|preload|sampl/;

/** Image proxies that load when a reader opens the mail. Lower case. */
const IMAGE_PROXIES: ReadonlyArray<readonly [word: RegExp, features: Features]> = [
	[/(?:google|gmail)imageproxy|ggpht\.com/, ofMailProvider('ua:google-image-proxy', 'Gmail')],
	[/yahoo ?mail ?proxy/, ofMailProvider('ua:yahoo-mail-proxy', 'Yahoo Mail')],
	[/fastmailua\//, ofMailProvider('ua:fastmail-proxy', 'Fastmail')],
	[/ramblermail\//, ofMailProvider('ua:rambler-mail-proxy', 'Rambler Mail')],
	[/seznam(?:e?mail)?-?proxy/, ofMailProvider('ua:seznam-mail-proxy', 'Seznam Email')],
	[/hey\.com\/imageproxy/, ofMailProvider('ua:hey-proxy', 'HEY')],
	[/superhuman.{0,20}proxy/, ofMailProvider('ua:superhuman-proxy', 'Superhuman')],
	// A provider we do not know by name: its proxy says that it is one, and that it is for mail.
	[/mail.{0,20}proxy|proxy.{0,20}mail/, MAIL_PROXY],
];

const SUSPICIOUS = WordBit.suspicious | WordBit.headless;
/** `Name/1.2`, of a program that no table knows. */
const NAME_AND_VERSION = /^(?!mozilla)[^\s/()@]+(?: [^\s/()@]+){0,3}\/v?\d/;

/** Agents repeat, and judging one takes microseconds: the answers are kept. */
const remembered = new Map<string, Features>();

/**
 * What a user agent says about a load: its kind, the family it claims, whether it is a crawler's.
 *
 * The answer depends on the agent alone. At most `MAX_AGENT_LENGTH` characters are looked at.
 */
export function agentFeatures(userAgent: string | null): Features {
	if (typeof userAgent !== 'string') return NO_AGENT;
	// A cut agent is not remembered: its key would keep the whole long string in memory.
	if (userAgent.length > MAX_AGENT_LENGTH) {
		return ['ua:cut', ...judge(userAgent.slice(0, MAX_AGENT_LENGTH))];
	}
	const known = remembered.get(userAgent);
	if (known !== undefined) return known;

	const features = judge(userAgent);
	// Dropping the oldest would cost more than it saves where nearly every agent is new.
	if (remembered.size >= MAX_REMEMBERED_AGENTS) remembered.clear();
	remembered.set(userAgent, features);
	return features;
}

function judge(userAgent: string): Features {
	let agent = userAgent.trim().toLowerCase();
	if (agent === '') return NO_AGENT;
	if (agent === 'mozilla/5.0') return APPLE_MPP;
	// Apple's apps encode the spaces of their names.
	if (agent.includes('%20')) agent = agent.replaceAll('%20', ' ');

	const words = readWords(agent);
	const provider = providerOf(agent, words);
	if (provider !== null) return provider;

	const client = claimedClient(agent, words);
	const evidence = evidenceOf(agent, words, client);
	const isPlain = (words.bits & SUSPICIOUS) === 0;
	// Most agents name a program that people use and nothing else, so no list has to be asked.
	if (isPlain && evidence !== 'version' && evidence !== 'none') {
		return humanFeatures(client, evidence);
	}
	const kinds = machineKinds(agent, (words.bits & WordBit.headless) !== 0);
	if (!isCrawler(withoutDevice(agent, words), evidence)) {
		return [...kinds, ...humanFeatures(client, evidence)];
	}
	const features: Array<AgentFeature | ClientFeature> = [...kinds, 'ua:isbot'];
	addClientFeatures(client, features);
	return features;
}

function providerOf(agent: string, { bits, mail }: AgentWords): Features | null {
	// A real Edge names Mozilla once, at the beginning.
	if ((bits & WordBit.edge) !== 0 && /\/\d[\d.]* mozilla\/5\.0$/.test(agent)) return GMAIL_PREFETCH;
	if ((bits & WordBit.proxy) === 0) return null;
	const proxy = IMAGE_PROXIES.find(([word]) => word.test(agent));
	if (proxy !== undefined) {
		const isGmail = proxy[1][0] === 'ua:google-image-proxy';
		return isGmail && AHEAD.test(agent) ? GMAIL_PREFETCH : proxy[1];
	}
	if (mail === NONE) return null;
	return ofMailProvider('ua:mail-proxy', MAIL_PROGRAMS[mail].name);
}

function humanFeatures(client: ClaimedClient, evidence: Evidence): Features {
	const features: Array<AgentFeature | ClientFeature> = [];
	if (client.kind === 'browser') features.push('ua:browser');
	else if (client.kind === 'mail-client' || evidence === 'mail-like') {
		features.push('ua:mail-client');
		if (client.family === 'Apple Mail') features.push('ua:apple-mail');
	}
	addClientFeatures(client, features);
	return features;
}

function evidenceOf(agent: string, { bits }: AgentWords, { kind, os }: ClaimedClient): Evidence {
	if (kind === 'mail-client') return 'program';
	const isApp =
		os === 'Android' ||
		os === 'iOS' ||
		os === 'Windows Phone' ||
		(bits & (WordBit.appleNetwork | WordBit.tv | WordBit.handset)) !== 0;
	if (kind === 'browser') return isApp ? 'web-view' : 'browser';
	if ((bits & WordBit.mailLike) !== 0) return 'mail-like';
	if (isApp) return 'program';
	return NAME_AND_VERSION.test(agent) ? 'version' : 'none';
}

function withoutDevice(agent: string, { deviceFrom, deviceTo }: AgentWords): string {
	const text = deviceFrom < 0 ? agent : agent.slice(0, deviceFrom) + agent.slice(deviceTo);
	// A maker of phones, whose name isbot knows only behind a space.
	return text.replaceAll('cubot', '');
}
