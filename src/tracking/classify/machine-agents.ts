import { isbot, list } from 'isbot';

import type { AgentFeature } from './feature';

/** Words of which one stands in each agent that the next patterns know. */
const OF_MACHINES = /barracuda|scmguard|dataaccessd|exchange|hubspot|connectors|cortex|powershell/;
const SECURITY_AGENTS = /barracuda sentinel|scmguard/;
const SERVICE_AGENTS =
	/dataaccessd|microsoft exchange\/|hubspot connect|office 365 connectors|cortex\/1\.0/;

/** Beginnings of agents that HTTP libraries and command line tools send. */
const HTTP_LIBRARY = new RegExp(
	'^(?:' +
		[
			'ahc/|aiohttp|axios|colly|deno/|dart/|faraday|got[ /]|guzzle|http\\.rb|httparty|httpie|httpx/',
			'insomnia/|java/|java-http-client|jakarta commons|jersey/|ktor|lua-resty|lwp|libwww|libcurl',
			'libsoup/|mechanize|mojolicious|needle/|node-fetch|node(?:\\.js)?/|okhttp|php/|phpcrawl',
			'postmanruntime|pycurl|python|reqwest|rest-client|restsharp|ruby|scrapy|snoopy|superagent',
			'symfony|typhoeus|undici|unirest|urlgrabber|wget|www-mechanize|winhttp|zend_http|aria2/|bun/',
			'curl|fetch/|hackney/|serf/|apache-http|google-http-java',
			'[\\w.-]*(?:http-?client|httpclient|urllib|http_request)',
		].join('|') +
		')',
);
/** Libraries that hide behind a browser's beginning. */
const HIDDEN_LIBRARY = /winhttp\.winhttprequest|windowspowershell\//;

/** Nobody but a machine writes this into an agent, whatever else stands there. */
const CRAWLER_WORDS =
	/https?:|crawl|spider|(?<!cu)bots?(?:\b|_)|slurp|\w@[a-z][\w-]*\.|[[(]at[\])]/;
/** What machines do that no list knows by name. */
const MACHINE_WORDS = new RegExp(
	[
		'::|fetch|scrap(?:e|y|ing)|harvest|siphon|extract|collector|indexer|favicon|screenshot|thumb',
		'webhook|uptime|\\bping|\\bprobe|verif(?:y|ier)|fuzz|daemon|\\bapi\\b|sitemap|whois|\\bdns',
		'\\bcert\\b|\\bseo\\b|service\\b|connector|sweeper|stripper|leech|miner\\b|scanner',
	].join('|'),
);
/** A web address for a name: a service, not a program. */
const DOMAIN_NAME = /^[\w-]+(?:\.[\w-]+)*\.(?:ai|app|co|com|dev|io|net|org)(?:\/|$)/;

/**
 * Words of isbot's list that name a subject, not a machine. They stand in the names of apps and
 * toolbars, where they say nothing.
 */
const SUBJECTS =
	/news|google|discover|feed|insight|\bjava|library|measure|radar|rss|search|server|tools|torrent|download|read|reed|rank|email|mail|track|active|advisor|archive|audit|capture|catch|splash|custom|offline|\^rest|\burl\b|proxy|yahoo|yandex|facebook|whatsapp|snapchat|duckduckgo|ddg|daum|time\/|sogou|netsurf|dispatch|discourse|w3c|client|sora|bison|zoom|apache/;
/** What people's browsers carry, whatever isbot says. */
const ADD_ONS = /chromeframe|firephp/;
/** System, device and toolbars of a browser. */
const FIRST_BRACKET = /\(([^)]*)\)/;

/** Names that no program has. A pattern that knows one of them judges by form alone. */
const MADE_UP_AGENTS = [
	'qwxyz',
	'qwxyz/1',
	'qwxyz/1.2',
	'qwxyz/1.2.3',
	'qwxyz/1b2',
	'qwxyz vbnmk/1.2',
	'qwxyz/1.2 (vbnmk)',
	'mozilla/5.0 qwxyz',
	'qwxyz'.repeat(20),
];

interface IsbotWords {
	/** isbot's list without its judgements by form */
	readonly words: RegExp;
	/** Of these, what names a machine */
	readonly machines: RegExp;
	/** The last word of each pattern that is made of several */
	readonly phrases: ReadonlySet<string>;
}

/** Compiled when first asked, so that n8n's start pays nothing for it. */
let listed: IsbotWords | null = null;

function isbotWords(): IsbotWords {
	if (listed === null) {
		// Agents come in lower case, and a pattern that need not look at both is faster.
		const words = list.filter((pattern) => {
			if (ADD_ONS.test(pattern)) return false;
			const known = new RegExp(pattern);
			return !MADE_UP_AGENTS.some((agent) => known.test(agent));
		});
		listed = {
			words: new RegExp(words.join('|')),
			machines: new RegExp(words.filter((pattern) => !SUBJECTS.test(pattern)).join('|')),
			phrases: new Set(
				words.filter((pattern) => pattern.includes(' ')).flatMap((pattern) => lastWord(pattern)),
			),
		};
	}
	return listed;
}

function lastWord(pattern: string): string[] {
	return (pattern.match(/[a-z]{3,}/g) ?? []).slice(-1);
}

/**
 * Whether an agent with this word has to be looked at as a whole. Nothing is decided here: most
 * agents have no such word, and words repeat where agents are new.
 *
 * @param word in lower case
 */
export function isSuspicious(word: string): boolean {
	// A digit at its beginning means something at the beginning of an agent only.
	const alone = /^\d/.test(word) ? '' : `${word}/1`;
	const amid = ` ${word} `;
	const { words, phrases } = isbotWords();
	return (
		// `name (at) mail.example`
		word === 'at' ||
		words.test(alone) ||
		words.test(amid) ||
		phrases.has(word) ||
		OF_MACHINES.test(word) ||
		CRAWLER_WORDS.test(alone) ||
		MACHINE_WORDS.test(word) ||
		HTTP_LIBRARY.test(alone)
	);
}

/** How much an agent tells of a person's program; the more, the less a list of crawlers is heard. */
export type Evidence = 'program' | 'mail-like' | 'web-view' | 'browser' | 'version' | 'none';

/**
 * Whether an agent is a crawler's, by words of ours and by isbot's list.
 *
 * @param agent in lower case, without the name of a device
 */
export function isCrawler(agent: string, evidence: Evidence): boolean {
	if (CRAWLER_WORDS.test(agent)) return true;
	switch (evidence) {
		case 'program':
			return false;
		case 'mail-like':
			return MACHINE_WORDS.test(agent) || DOMAIN_NAME.test(agent);
		case 'web-view':
			return isbotWords().machines.test(agent);
		case 'browser': {
			const [whole, inside] = FIRST_BRACKET.exec(agent) ?? ['', ''];
			const { words, machines } = isbotWords();
			return machines.test(inside) || words.test(agent.replace(whole, ''));
		}
		case 'version':
			return isbotWords().words.test(agent) || MACHINE_WORDS.test(agent) || DOMAIN_NAME.test(agent);
		case 'none':
			return isbot(agent) || MACHINE_WORDS.test(agent);
	}
}

/**
 * What kind of machine an agent says it is.
 *
 * @param agent in lower case
 */
export function machineKinds(agent: string, isHeadless: boolean): AgentFeature[] {
	const kinds: AgentFeature[] = [];
	if (SECURITY_AGENTS.test(agent)) kinds.push('ua:security-agent');
	if (SERVICE_AGENTS.test(agent)) kinds.push('ua:service-agent');
	if (isHeadless) kinds.push('ua:headless');
	if (HTTP_LIBRARY.test(agent) || HIDDEN_LIBRARY.test(agent)) kinds.push('ua:http-library');
	return kinds;
}
